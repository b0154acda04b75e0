internal import Bindings
internal import Foundation

/// Where the API server is, how it is verified, and as whom to ask it.
public struct ClientConfiguration: Sendable, Hashable {
    /// PEM text, by file or by value. A file is read again for each new connection.
    public enum Material: Sendable, Hashable {
        /// A path.
        case file(String)
        /// The PEM bytes.
        case data([UInt8])
    }

    /// A client certificate with its key.
    public struct ClientCertificate: Sendable, Hashable {
        /// The certificate, with intermediates if any.
        public var certificate: Material
        /// The key, without a passphrase.
        public var key: Material

        /// Makes a pair.
        public init(certificate: Material, key: Material) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// A bearer token.
    public enum Token: Sendable, Hashable {
        /// The token itself.
        case value(String)
        /// A file that holds it and may be replaced at any time; read for each request.
        case file(String)
    }

    /// The server's URL, without a path at its end: `https://10.0.0.1:6443`.
    public var server: String
    /// The authority that signed the server's certificate; nil for the system's authorities.
    public var authority: Material?
    /// The name the server's certificate must be for, if not the URL's host.
    public var serverName: String?
    /// False accepts any server (`insecure-skip-tls-verify`).
    public var verifiesServer: Bool
    /// The client certificate to show.
    public var clientCertificate: ClientCertificate?
    /// The bearer token to send.
    public var token: Token?
    /// The proxy's URL; nil for none. The environment's proxy variables are not looked at.
    public var proxy: String?
    /// Whether HTTP/2 is spoken where the server offers it (TLS only), over one connection for all but lists.
    public var offersHTTP2: Bool
    /// The namespace of the context or service account.
    public var namespace: String
    /// What the server logs as the asker's program.
    public var userAgent: String
    /// How long name lookup, TCP and TLS may take together.
    public var connectTimeout: Duration
    /// How long an answer other than a watch may be silent before it is given up.
    public var responseTimeout: Duration

    /// Makes a configuration.
    public init(
        server: String, authority: Material? = nil, serverName: String? = nil, verifiesServer: Bool = true,
        clientCertificate: ClientCertificate? = nil, token: Token? = nil, proxy: String? = nil,
        offersHTTP2: Bool = true, namespace: String = "default", userAgent: String = "cosmolet",
        connectTimeout: Duration = .seconds(10),
        responseTimeout: Duration = .seconds(60)
    ) {
        self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
        self.authority = authority
        self.serverName = serverName
        self.verifiesServer = verifiesServer
        self.clientCertificate = clientCertificate
        self.token = token
        self.proxy = proxy
        self.offersHTTP2 = offersHTTP2
        self.namespace = namespace
        self.userAgent = userAgent
        self.connectTimeout = connectTimeout
        self.responseTimeout = responseTimeout
    }

    /// Finds the configuration as `kubectl` does: the named file, or else the files of `KUBECONFIG`, or else the
    /// service account of the pod.
    ///
    /// - Parameters:
    ///   - kubeconfig: a path; nil to look further.
    ///   - context: a context of the kubeconfig; nil for its current one.
    ///   - environment: the process's variables.
    ///   - serviceAccountFolder: where the kubelet mounts the service account.
    /// - Throws: `configuration`, naming file and field.
    public static func discover(
        kubeconfig: String? = nil, context: String? = nil, environment: [String: String],
        serviceAccountFolder: String = Self.serviceAccountFolder
    ) throws(KubernetesError) -> ClientConfiguration {
        if let kubeconfig { return try Self.kubeconfig(files: [kubeconfig], context: context) }
        let files = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        if !files.isEmpty { return try Self.kubeconfig(files: files, context: context) }
        return try inCluster(environment: environment, serviceAccountFolder: serviceAccountFolder)
    }
}

// MARK: - Within a pod

extension ClientConfiguration {
    /// Where the kubelet mounts the service account.
    public static let serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// The configuration of a pod: server from the environment, authority and token from the service account.
    ///
    /// - Throws: `configuration`, naming the variable or file that is missing.
    public static func inCluster(
        environment: [String: String], serviceAccountFolder: String = Self.serviceAccountFolder
    ) throws(KubernetesError) -> ClientConfiguration {
        func variable(_ name: String) throws(KubernetesError) -> String {
            guard let value = environment[name], !value.isEmpty else {
                throw KubernetesError(
                    code: .configuration,
                    message: "not in a cluster: \(name) is not set; give a kubeconfig file instead")
            }
            return value
        }
        let host = try variable("KUBERNETES_SERVICE_HOST")
        let port = try variable("KUBERNETES_SERVICE_PORT")
        for file in ["token", "ca.crt"] {
            try requireReadable("\(serviceAccountFolder)/\(file)", field: "service account")
        }
        let namespace = try? String(contentsOfFile: "\(serviceAccountFolder)/namespace", encoding: .utf8)
        return ClientConfiguration(
            server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)",
            authority: .file("\(serviceAccountFolder)/ca.crt"), token: .file("\(serviceAccountFolder)/token"),
            namespace: namespace?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "default")
    }
}

/// - Throws: `configuration` when the file cannot be read now.
func requireReadable(_ path: String, field: String) throws(KubernetesError) {
    guard FileManager.default.isReadableFile(atPath: path) else {
        throw KubernetesError(code: .configuration, message: "\(field): cannot read the file \(path)")
    }
}

// MARK: - Descriptions without secrets

extension ClientConfiguration.Material: CustomStringConvertible, CustomDebugStringConvertible {
    /// The path, or how many bytes there are: they may be a private key.
    public var description: String {
        switch self {
        case .file(let path): "file \(path)"
        case .data(let bytes): "\(bytes.count) bytes"
        }
    }

    /// The same as `description`.
    public var debugDescription: String { description }
}

extension ClientConfiguration.Token: CustomStringConvertible, CustomDebugStringConvertible {
    /// The path, or that there is a token.
    public var description: String {
        switch self {
        case .file(let path): "file \(path)"
        case .value: "(hidden)"
        }
    }

    /// The same as `description`.
    public var debugDescription: String { description }
}

// MARK: - For the transport

extension ClientConfiguration {
    /// - Throws: `configuration` for a URL or a combination that must not be used.
    func check() throws(KubernetesError) {
        guard let url = URL(string: server), let scheme = url.scheme, ["http", "https"].contains(scheme),
            let host = url.host, !host.isEmpty
        else {
            throw KubernetesError(
                code: .configuration, message: "server \(server): not an http or https URL with a host")
        }
        let isLoopback = host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
        if scheme == "http", token != nil, !isLoopback {
            throw KubernetesError(
                code: .configuration,
                message: "server \(server): a token is never sent without TLS; use an https URL")
        }
    }

    var tlsOptions: TLSOptions {
        TLSOptions(
            authority: authority?.option, certificate: clientCertificate?.certificate.option,
            key: clientCertificate?.key.option, serverName: serverName, verifiesServer: verifiesServer)
    }
}

extension ClientConfiguration.Material {
    fileprivate var option: TLSOptions.Material {
        switch self {
        case .file(let path): .file(path)
        case .data(let bytes): .data(bytes)
        }
    }
}
