internal import Foundation

/// What a `ModuleSession` needs to know.
public struct ModuleConfiguration: Sendable {
    /// The module's socket, `cosmolet.sock` in FRR's folder for sockets.
    public var socketPath: String
    /// The routing table of provider `mgmtd`, which BGP is to redistribute before anything is moved there.
    public var table: UInt32
    /// Who asks, as the module tells clients apart.
    public var clientName: String
    /// How long any request but a commit may take; after it the connection is given up. Long, since a bgpd that is busy
    /// with a full table for some seconds announces all the same.
    public var requestDeadline: Duration
    /// How long to wait for a commit's answer before its outcome is unknown.
    public var commitDeadline: Duration
    /// How long to try again while somebody else has FRR's configuration locked, which hinders route-maps of classes.
    public var lockPatience: Duration
    /// How often bgpd is asked whether it lives and is the one that the session was opened with.
    public var heartbeatInterval: Duration

    /// Makes a configuration.
    public init(
        socketPath: String, table: UInt32 = 1790, clientName: String? = nil, requestDeadline: Duration = .seconds(15),
        commitDeadline: Duration = .seconds(30), lockPatience: Duration = .seconds(10),
        heartbeatInterval: Duration = .seconds(1)
    ) {
        self.socketPath = socketPath
        self.table = table
        self.clientName = clientName ?? "cosmolet-\(ProcessInfo.processInfo.processIdentifier)"
        self.requestDeadline = requestDeadline
        self.commitDeadline = commitDeadline
        self.lockPatience = lockPatience
        self.heartbeatInterval = heartbeatInterval
    }
}
