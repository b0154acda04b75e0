public import Bindings

/// How a server knows its clients.
public enum ServerSecurity: Sendable, Hashable {
    /// By the permissions of the socket file: for `zmq+ipc://` only.
    case filePermissions
    /// By their keys; both sides prove theirs, and all is encrypted.
    case curve(secretKey: String, clients: AllowedClients)
}

/// How a client proves itself and knows the server.
public enum ClientSecurity: Sendable, Hashable {
    /// By the permissions of the socket file: for `zmq+ipc://` only.
    case filePermissions
    /// By keys.
    case curve(keyPair: CurveKeyPair, serverKey: String)
}

/// The public keys of the clients that a server lets in, with a name for each.
public struct AllowedClients: Sendable, Hashable {
    /// Names by public key (Z85, 40 characters); a name may be empty.
    public var names: [String: String]

    /// Makes a list.
    public init(names: [String: String]) {
        self.names = names
    }
}

extension ServerSecurity {
    func options(for endpoint: TransportEndpoint) throws(TransportError) -> ZeroMQSocketOptions.Security {
        switch (endpoint, self) {
        case (.tcp, .filePermissions):
            throw TransportError(
                code: .insecure,
                message: "\(endpoint) is refused without CURVE: give the server a key (cosmolet northbound keygen) and "
                    + "a list of client keys, or use zmq+ipc://")
        case (_, .curve(_, let clients)) where clients.names.isEmpty:
            throw TransportError(
                code: .invalidConfiguration,
                message: "\(endpoint): the list of client keys is empty; nobody could come in")
        case (_, .curve(let secretKey, _)): return .curveServer(secretKey: secretKey)
        case (.ipc, .filePermissions): return .none
        }
    }
}

extension ClientSecurity {
    func options(for endpoint: TransportEndpoint) throws(TransportError) -> ZeroMQSocketOptions.Security {
        switch (endpoint, self) {
        case (.tcp, .filePermissions):
            throw TransportError(
                code: .insecure,
                message: "\(endpoint) is refused without CURVE: give the client a key (cosmolet northbound keygen) and "
                    + "the server's public key, or use zmq+ipc://")
        case (_, .curve(let keyPair, let serverKey)):
            return .curveClient(keyPair: keyPair, serverKey: serverKey)
        case (.ipc, .filePermissions): return .none
        }
    }
}
