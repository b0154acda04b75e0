public import FoundationEssentials

/// The text of a kubeconfig with which kubectl and other clients reach a server.
public struct Kubeconfig: Sendable {
    /// Base URL of the server.
    public var serverURL: String
    /// PEM of the certificates to trust; nil for plain HTTP.
    public var certificateAuthority: Data?
    /// Bearer token, if one is required.
    public var token: String?
    /// PEM of the client certificate, if one is required.
    public var clientCertificate: Data?
    /// PEM of the key of the client certificate.
    public var clientKey: Data?

    /// Makes a configuration without credentials.
    public init(serverURL: String) { self.serverURL = serverURL }

    /// The kubeconfig in YAML; holds the credentials in clear.
    public var text: String {
        var cluster: JSONValue = ["server": .string(serverURL)]
        cluster["certificate-authority-data"] = certificateAuthority.map { .string($0.base64EncodedString()) }
        var user: JSONValue = [:]
        user["token"] = token.map(JSONValue.string)
        user["client-certificate-data"] = clientCertificate.map { .string($0.base64EncodedString()) }
        user["client-key-data"] = clientKey.map { .string($0.base64EncodedString()) }
        let config: JSONValue = [
            "apiVersion": "v1", "kind": "Config", "current-context": "kubesim",
            "clusters": [["name": "kubesim", "cluster": cluster]],
            "users": [["name": "kubesim", "user": user]],
            "contexts": [["name": "kubesim", "context": ["cluster": "kubesim", "user": "kubesim"]]],
        ]
        // JSON is YAML, and needs no rules for quoting.
        return config.text + "\n"
    }
}
