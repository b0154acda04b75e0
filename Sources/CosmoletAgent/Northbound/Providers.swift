internal import FRRManagement
internal import Foundation
public import Logging
internal import NetworkTypes
public import Northbound
internal import NorthboundRPC

/// The ways to one FRR: the only place where sessions with it are made.
public struct Providers: Sendable {
    /// A way to FRR.
    public enum Name: String, Sendable {
        // As in logs, metrics and the journal.
        case mgmtd, bgpd
    }

    /// What was asked for.
    public enum Choice: Sendable, Hashable {
        /// This one.
        case only(Name)
        /// The module in bgpd if it can be used, else mgmtd.
        case automatic
    }

    /// File name of mgmtd's front-end socket in FRR's folder for sockets.
    static let mgmtdSocketName = "mgmtd_fe.sock"
    /// File name of the module's socket in the same folder.
    static let moduleSocketName = "cosmolet.sock"

    /// Which one is to be used.
    public let choice: Choice
    private let mgmtd: MgmtdConfiguration
    private let module: ModuleConfiguration
    private let logger: Logger

    /// Reads out of a configuration where FRR is. The socket of a provider that is not named is looked for beside the
    /// other one's.
    ///
    /// - Returns: nil for the endpoint of a `cosmolet northbound`, which is no provider.
    public init?(_ configuration: AgentConfiguration, endpoint: NorthboundEndpoint, logger: Logger) {
        var mgmtdSocket = configuration.socket
        var moduleSocket: String?
        switch endpoint {
        case .mgmtd(let socket):
            choice = .only(.mgmtd)
            mgmtdSocket = socket
        case .bgpd(let socket):
            choice = .only(.bgpd)
            moduleSocket = socket
            mgmtdSocket = Self.neighbour(of: socket, named: Self.mgmtdSocketName)
        case .automatic(let mgmtd, let module):
            choice = .automatic
            mgmtdSocket = mgmtd ?? mgmtdSocket
            moduleSocket = module
        case .service: return nil
        }
        mgmtd = MgmtdConfiguration(
            socketPath: mgmtdSocket, table: configuration.table, tags: configuration.tags)
        module = ModuleConfiguration(
            socketPath: moduleSocket ?? Self.neighbour(of: mgmtdSocket, named: Self.moduleSocketName),
            table: configuration.table)
        self.logger = logger
    }

    /// Label of metrics until a session has told which provider it uses.
    var label: String {
        switch choice {
        case .only(let name): name.rawValue
        case .automatic: Name.bgpd.rawValue
        }
    }

    /// The sockets that may be used, for logs.
    var sockets: String {
        switch choice {
        case .only(.mgmtd): mgmtd.socketPath
        case .only(.bgpd): module.socketPath
        case .automatic: "\(module.socketPath), \(mgmtd.socketPath)"
        }
    }

    /// A session with what was chosen, for one command: nothing is moved.
    ///
    /// - Parameter isReadOnly: looks only, and heals nothing either.
    public func makeSession(isReadOnly: Bool = false) -> any ManagementSession {
        switch choice {
        case .only(let name): session(name, isReadOnly: isReadOnly)
        case .automatic:
            FirstReachableSession([
                session(.bgpd, isReadOnly: isReadOnly), session(.mgmtd, isReadOnly: isReadOnly),
            ])
        }
    }

    /// A session with what was chosen, for a northbound: what the other provider announces is moved to it.
    func makeSwitchingSession() -> any ManagementSession {
        let mgmtd = SwitchableProvider(
            // zebra hands a route on to bgpd within some milliseconds after it has selected it. Where the module can be asked
            // it says when.
            name: Name.mgmtd.rawValue, session: session(.mgmtd), settleTime: .seconds(1))
        let bgpd = SwitchableProvider(name: Name.bgpd.rawValue, session: session(.bgpd), endsWithItsProcess: true)
        return choice == .only(.mgmtd)
            ? SwitchingSession(preferred: mgmtd, other: bgpd, isAutomatic: false)
            : SwitchingSession(preferred: bgpd, other: mgmtd, isAutomatic: choice == .automatic)
    }

    private func session(_ name: Name, isReadOnly: Bool = false) -> any ManagementSession {
        switch name {
        case .mgmtd:
            var mgmtd = mgmtd
            mgmtd.isReadOnly = isReadOnly
            return MgmtdSession(configuration: mgmtd, logger: logger)
        // Opening and reading change nothing there.
        case .bgpd: return ModuleSession(configuration: module)
        }
    }

    fileprivate static func neighbour(of path: String, named name: String) -> String {
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        return folder + name
    }
}

extension AgentConfiguration {
    /// Where FRR is, for a process that talks to it itself: what was said of this process, else mgmtd's socket.
    public var provider: NorthboundEndpoint {
        if let provider = northbound.provider { return provider }
        if let connect = northbound.connect, connect.isFRR { return connect }
        return .mgmtd(socket: socket)
    }

    /// The module's socket beside mgmtd's, where it is there and nothing says which of the two is meant. What the module
    /// announces, mgmtd does not show.
    public var moduleNobodyNamed: String? {
        guard northbound.provider == nil, northbound.connect?.isFRR != true else { return nil }
        let path = Providers.neighbour(of: socket, named: Providers.moduleSocketName)
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.type] as? FileAttributeType == .typeSocket ? path : nil
    }

    /// The policy of a northbound in this process: what the settings say, with the classes that are configured.
    func policy(for choice: Providers.Choice) -> NorthboundPolicy {
        var policy = northbound.policy
        if choice == .only(.bgpd) {
            // No tags there, but only what is configured may become a route-map.
            policy.allowedClasses = Set(tags.classes)
        } else {
            policy.use(tags, table: table)
        }
        return policy
    }
}
