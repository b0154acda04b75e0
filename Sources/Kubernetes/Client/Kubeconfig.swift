internal import Foundation
internal import Yams

/// A kubeconfig file (API reference, `client.config v1`), as far as this client can use it.
private struct Kubeconfig: Decodable {
    struct NamedCluster: Decodable {
        var name: String
        var cluster: Cluster
    }

    struct NamedUser: Decodable {
        var name: String
        var user: User?
    }

    struct NamedContext: Decodable {
        var name: String
        var context: Context
    }

    struct Cluster: Decodable {
        var server: String?
        var certificateAuthority: String?
        var certificateAuthorityData: String?
        var insecureSkipTLSVerify: Bool?
        var tlsServerName: String?
        var proxyURL: String?

        enum CodingKeys: String, CodingKey {
            case server
            case certificateAuthority = "certificate-authority"
            case certificateAuthorityData = "certificate-authority-data"
            case insecureSkipTLSVerify = "insecure-skip-tls-verify"
            case tlsServerName = "tls-server-name"
            case proxyURL = "proxy-url"
        }
    }

    struct User: Decodable {
        struct Plugin: Decodable {}

        var token: String?
        var tokenFile: String?
        var clientCertificate: String?
        var clientCertificateData: String?
        var clientKey: String?
        var clientKeyData: String?
        var username: String?
        var exec: Plugin?
        var authProvider: Plugin?

        enum CodingKeys: String, CodingKey {
            case token, tokenFile, username, exec
            case clientCertificate = "client-certificate"
            case clientCertificateData = "client-certificate-data"
            case clientKey = "client-key"
            case clientKeyData = "client-key-data"
            case authProvider = "auth-provider"
        }
    }

    struct Context: Decodable {
        var cluster: String
        var user: String?
        var namespace: String?
    }

    var clusters: [NamedCluster]?
    var users: [NamedUser]?
    var contexts: [NamedContext]?
    var currentContext: String?

    enum CodingKeys: String, CodingKey {
        case clusters, users, contexts
        case currentContext = "current-context"
    }
}

extension ClientConfiguration {
    /// Reads kubeconfig files. Of several, the first that names a thing defines it; relative paths are relative to the
    /// file that has them.
    ///
    /// - Parameters:
    ///   - files: paths, the first with the highest rank.
    ///   - context: which context to use; nil for `current-context`.
    /// - Throws: `configuration`, naming file and field. Credential plugins (`exec`, `auth-provider`) are refused.
    public static func kubeconfig(
        files: [String], context: String? = nil
    ) throws(KubernetesError) -> ClientConfiguration {
        var sources: [Source] = []
        for path in files { sources.append(try Source(path)) }
        let all = files.joined(separator: ":")

        guard let contextName = context ?? sources.lazy.compactMap({ $0.config.currentContext?.nonEmpty }).first else {
            throw fail(all, "current-context", "is not set; name a context")
        }
        guard
            let (contextSource, chosen) = find(
                sources, { $0.config.contexts?.first { $0.name == contextName }?.context })
        else {
            throw fail(all, "contexts", "has no context named \(contextName)")
        }
        let field = "contexts[\(contextName)].context"
        guard
            let (clusterSource, cluster) = find(
                sources, { $0.config.clusters?.first { $0.name == chosen.cluster }?.cluster })
        else {
            throw fail(contextSource.path, "\(field).cluster", "names cluster \(chosen.cluster), which is not defined")
        }
        var configuration = try clusterSource.configuration(cluster, name: chosen.cluster)
        if let namespace = chosen.namespace?.nonEmpty { configuration.namespace = namespace }
        guard let userName = chosen.user?.nonEmpty else { return configuration }
        guard let (userSource, user) = find(sources, { $0.config.users?.first { $0.name == userName } }) else {
            throw fail(contextSource.path, "\(field).user", "names user \(userName), which is not defined")
        }
        if let user = user.user { try userSource.apply(user, name: userName, to: &configuration) }
        return configuration
    }

    private static func find<Value>(_ sources: [Source], _ value: (Source) -> Value?) -> (Source, Value)? {
        for source in sources {
            if let value = value(source) { return (source, value) }
        }
        return nil
    }
}

private func fail(_ file: String, _ field: String, _ problem: String) -> KubernetesError {
    KubernetesError(code: .configuration, message: "\(file): \(field) \(problem)")
}

/// One file with its content.
private struct Source {
    let path: String
    let config: Kubeconfig

    init(_ path: String) throws(KubernetesError) {
        self.path = path
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw fail(path, "the file", "cannot be read: \(error.localizedDescription)")
        }
        do {
            config = try YAMLDecoder().decode(Kubeconfig.self, from: text)
        } catch let error as DecodingError where !error.path.isEmpty {
            throw fail(path, fieldPath(error.path), "is missing or not what it should be")
        } catch {
            throw fail(path, "the file", "is not a kubeconfig in YAML\(place(of: error))")
        }
    }

    func configuration(_ cluster: Kubeconfig.Cluster, name: String) throws(KubernetesError) -> ClientConfiguration {
        let field = "clusters[\(name)].cluster"
        guard let server = cluster.server?.nonEmpty else { throw fail(path, "\(field).server", "is missing") }
        var configuration = ClientConfiguration(server: server)
        do throws(KubernetesError) {
            try configuration.check()
        } catch {
            throw fail(path, "\(field).server", "cannot be used: \(error.message)")
        }
        configuration.authority = try material(
            file: cluster.certificateAuthority, data: cluster.certificateAuthorityData,
            field: "\(field).certificate-authority")
        configuration.serverName = cluster.tlsServerName?.nonEmpty
        configuration.verifiesServer = cluster.insecureSkipTLSVerify != true
        configuration.proxy = cluster.proxyURL?.nonEmpty
        if !configuration.verifiesServer, configuration.authority != nil {
            throw fail(
                path, "\(field).insecure-skip-tls-verify", "is true though a certificate authority is given; drop one")
        }
        return configuration
    }

    func apply(
        _ user: Kubeconfig.User, name: String, to configuration: inout ClientConfiguration
    ) throws(KubernetesError) {
        let field = "users[\(name)].user"
        let refused = [
            ("exec", user.exec != nil), ("auth-provider", user.authProvider != nil), ("username", user.username != nil),
        ]
        if let (key, _) = refused.first(where: { $0.1 }) {
            throw fail(
                path, "\(field).\(key)", "is not supported: use a token, a tokenFile or a client certificate instead")
        }
        if let file = user.tokenFile?.nonEmpty {
            let file = absolute(file)
            try requireReadable(file, field: "\(path): \(field).tokenFile")
            configuration.token = .file(file)
        } else if let token = user.token?.nonEmpty {
            configuration.token = .value(token)
        }
        let certificate = try material(
            file: user.clientCertificate, data: user.clientCertificateData, field: "\(field).client-certificate")
        let key = try material(file: user.clientKey, data: user.clientKeyData, field: "\(field).client-key")
        switch (certificate, key) {
        case (let certificate?, let key?):
            configuration.clientCertificate = .init(certificate: certificate, key: key)
        case (nil, nil): break
        case (_?, nil): throw fail(path, "\(field).client-key", "is missing, though there is a client certificate")
        case (nil, _?): throw fail(path, "\(field).client-certificate", "is missing, though there is a client key")
        }
    }

    /// Data wins over a file, as in client-go.
    private func material(
        file: String?, data: String?, field: String
    ) throws(KubernetesError) -> ClientConfiguration.Material? {
        if let data = data?.nonEmpty {
            guard let bytes = Data(base64Encoded: data, options: .ignoreUnknownCharacters), !bytes.isEmpty else {
                throw fail(path, "\(field)-data", "is not base64")
            }
            return .data(Array(bytes))
        }
        guard let file = file?.nonEmpty else { return nil }
        let absolute = absolute(file)
        try requireReadable(absolute, field: "\(path): \(field)")
        return .file(absolute)
    }

    private func absolute(_ file: String) -> String {
        if file.hasPrefix("/") { return file }
        return URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent(file).path
    }
}

/// Where the YAML is broken, without the text there: it may be a secret.
private func place(of error: any Error) -> String {
    var inner = error
    if case .dataCorrupted(let context)? = error as? DecodingError, let underlying = context.underlyingError {
        inner = underlying
    }
    switch inner as? YamlError {
    case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?,
        .composer(_, let problem, let mark, _)?:
        return ": line \(mark.line): \(problem)"
    default:
        return ""
    }
}

extension DecodingError {
    fileprivate var path: [any CodingKey] {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            context.codingPath
        case .keyNotFound(let key, let context): context.codingPath + [key]
        @unknown default: []
        }
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
