internal import Bindings

extension CurveKeyFile {
    /// Makes a key pair and writes it to a new file (mode 0600).
    ///
    /// - Returns: the public key, for the other side's list.
    /// - Throws: as `write(_:to:)`; `system` when no key can be made.
    public static func generate(to path: String) throws(TransportError) -> String {
        let pair: CurveKeyPair
        do { pair = try CurveKeyPair.generate() } catch {
            throw TransportError(code: .system, message: "no key can be made: \(error.message)")
        }
        try write(pair, to: path)
        return pair.publicKey
    }
}

extension ServerSecurity {
    /// CURVE with a server's key pair and the list of clients, both from files.
    public static func curve(keyFile: String, clientsFile: String) throws(TransportError) -> ServerSecurity {
        .curve(
            secretKey: try CurveKeyFile.readKeyPair(keyFile).secretKey,
            clients: try CurveKeyFile.readAllowedClients(clientsFile))
    }
}

extension ClientSecurity {
    /// CURVE with a client's key pair and the server's public key, both from files.
    public static func curve(keyFile: String, serverKeyFile: String) throws(TransportError) -> ClientSecurity {
        .curve(
            keyPair: try CurveKeyFile.readKeyPair(keyFile), serverKey: try CurveKeyFile.readPublicKey(serverKeyFile))
    }
}
