/// Where the northbound of FRR is found, as `--northbound` names it.
public struct NorthboundEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// Path of mgmtd's front-end socket.
    public var socket: String

    /// mgmtd's socket at this path.
    public init(socket: String) {
        self.socket = socket
    }

    /// Reads `mgmtd:PATH`.
    ///
    /// - Throws: `ConfigurationError` that says what is expected.
    public init(_ text: String) throws(ConfigurationError) {
        guard text.hasPrefix("mgmtd:"), text.utf8.count > "mgmtd:".utf8.count else {
            throw ConfigurationError(
                "--northbound", "is \"\(text)\", but mgmtd:PATH is expected, such as mgmtd:/var/run/frr/mgmtd_fe.sock")
        }
        let path = String(text.dropFirst("mgmtd:".count))
        // sockaddr_un.sun_path holds 108 bytes with the NUL.
        guard path.utf8.count < 108 else {
            throw ConfigurationError(
                "--northbound", "the path is longer than the 107 bytes that a unix socket may have")
        }
        socket = path
    }

    /// `mgmtd:PATH`.
    public var description: String { "mgmtd:\(socket)" }
}
