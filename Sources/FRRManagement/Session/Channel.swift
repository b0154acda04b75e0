internal import Bindings
internal import Logging
internal import NetworkTypes
internal import Northbound

/// An open session on a connection whose peer is known: locks, reads and the steps of a transaction. Synchronous, on the
/// session's thread; nobody can come in between.
final class Channel {
    let connection: Connection
    let configuration: MgmtdConfiguration
    let logger: Logger

    /// What the peer is; narrowed down by the first edit on 10.4 to 10.6.
    var release: ReleaseRange

    /// Waits without losing sight of the peer; throws when the connection ended or the session is being closed.
    private let pauseFor: (Duration) throws(ManagementError) -> Void

    /// For configuration. Dies with the connection and is never used on another (hazard 5).
    let session: UInt64
    private let clientName: String
    /// For state, made when first needed. Replaced when a read on it hangs.
    private var stateSession: UInt64?
    /// Locks that mgmtd confirmed to us; only these are ever released (hazard 6).
    private(set) var heldLocks: [Datastore] = []

    init(
        connection: Connection, clientName: String, finding: Prober.Finding, configuration: MgmtdConfiguration,
        logger: Logger, pauseFor: @escaping (Duration) throws(ManagementError) -> Void
    ) {
        self.connection = connection
        self.clientName = clientName
        self.configuration = configuration
        self.logger = logger
        self.pauseFor = pauseFor
        release = finding.release
        session = finding.session
    }

    /// What the peer can do, for the layers above.
    var capabilities: ManagementCapabilities {
        ManagementCapabilities(
            provider: "mgmtd", dialect: release.dialect.name, schema: release.schema.rawValue,
            releases: release.rawValue, canReadState: release.dialect.hasNativeReads)
    }

    /// True when the next request makes sense: the bytes are in step, and the peer does not talk nonsense.
    func isUsable(after error: ManagementError) -> Bool {
        connection.isUsable && error.code != .protocolViolation && error.code != .disconnected
    }

    /// One configuration request within the ordinary deadline.
    func request(_ request: Request) throws(ManagementError) -> Reply {
        try connection.request(request, session: session, within: configuration.requestDeadline)
    }

    /// Waits, seeing the end of the connection and of this session.
    func pause(_ duration: Duration) throws(ManagementError) {
        try pauseFor(duration)
    }

    // MARK: - Locks

    /// Takes both locks, candidate first. While somebody else has one, holds nothing and tries again (hazard 12).
    ///
    /// - Throws: `locked` when the time is up.
    func lockBoth() throws(ManagementError) {
        let deadline = ContinuousClock.now + configuration.lockRetry.limit
        while let refusal = try tryLockBoth() {
            try backOff(until: deadline, reason: refusal)
        }
    }

    /// - Returns: why not, nil when both are held.
    func tryLockBoth() throws(ManagementError) -> String? {
        for datastore in [Datastore.candidate, .running] {
            if let refusal = try tryLock(datastore) {
                try unlockAll()
                return refusal
            }
        }
        return nil
    }

    /// Takes one lock.
    func tryLock(_ datastore: Datastore) throws(ManagementError) -> String? {
        let reply = try request(.lock(datastore, take: true))
        switch reply.body {
        case .locked(datastore, take: true):
            heldLocks.append(datastore)
            return nil
        case .failure(let failure):
            return failure.text
        default:
            throw ManagementError(.protocolViolation, "odd reply to a lock request")
        }
    }

    /// Releases what is held, last taken first.
    func unlockAll() throws(ManagementError) {
        while let datastore = heldLocks.last {
            let reply = try request(.lock(datastore, take: false))
            if let failure = reply.failure {
                throw ManagementError(.protocolViolation, "mgmtd does not release our lock: \(failure.text)")
            }
            heldLocks.removeLast()
        }
    }

    /// A pause between two tries, at random within the policy.
    ///
    /// - Throws: `locked` when the time is up.
    func backOff(until deadline: ContinuousClock.Instant, reason: String) throws(ManagementError) {
        guard ContinuousClock.now < deadline else {
            throw ManagementError(.locked, "FRR's configuration is locked by somebody else: \(reason)")
        }
        let policy = configuration.lockRetry
        let span = policy.maximumPause - policy.minimumPause
        try pause(policy.minimumPause + max(span, .zero) * Double.random(in: 0...1))
    }

    /// Waits until both locks can be had twice in a row with the settle interval between: loading of the boot
    /// configuration, which holds them, is over then.
    func settle() throws(ManagementError) {
        let deadline = ContinuousClock.now + configuration.settleDeadline
        var successes = 0
        while true {
            if let refusal = try tryLockBoth() {
                successes = 0
                try backOff(until: deadline, reason: refusal)
            } else {
                try unlockAll()
                successes += 1
                if successes == 2 { return }
                try pause(configuration.settleInterval)
            }
        }
    }

    /// Waits until zebra is connected to mgmtd, as it is in its own time after a restart of mgmtd: until then its table
    /// looks empty, and what FRR still announces cannot be told from what it never did. Where mgmtd cannot tell (up to
    /// 10.2), or a daemon hangs, there is no waiting.
    func waitForZebra() throws(ManagementError) {
        let deadline = ContinuousClock.now + configuration.settleDeadline
        while true {
            do {
                if try connectedDaemons().contains("zebra") { return }
            } catch {
                guard isUsable(after: error) else { throw error }
                return
            }
            guard ContinuousClock.now < deadline else {
                logger.warning("zebra is not connected to mgmtd: is it running?")
                return
            }
            try pause(min(configuration.settleInterval, .milliseconds(50)))
        }
    }

    // MARK: - Configuration

    /// Up to this many prefixes are read one by one, more as the whole container.
    static let narrowReadLimit = 16

    /// Static routes of running with, for a whole native read, the JSON they came from.
    struct ConfigurationRead {
        var routes: StaticRoutes
        var container: JSONValue?
    }

    /// Reads the static routes of some prefixes, or of all.
    func readRoutes(of prefixes: [IPPrefix]?) throws(ManagementError) -> ConfigurationRead {
        guard let prefixes, prefixes.count <= Self.narrowReadLimit else {
            return try readRoutes(at: StaticSchema.container)
        }
        var routes: StaticRoutes = [:]
        for prefix in prefixes {
            routes.merge(try readRoutes(at: release.schema.entry(prefix)).routes) { $1 }
        }
        return ConfigurationRead(routes: routes)
    }

    private func readRoutes(at path: String) throws(ManagementError) -> ConfigurationRead {
        var reply = try request(.readConfiguration(path: path))
        var leaves: [FrontEndMessage.Leaf] = []
        while true {
            switch reply.body {
            case .tree(let text, let partialError):
                guard partialError == 0 else {
                    throw ManagementError(.rejected, "mgmtd cannot read its configuration: error \(-partialError)")
                }
                let json = try JSONReader.read(text)
                return ConfigurationRead(routes: try StaticSchema.routes(in: json), container: json)
            case .leaves(let part, let isLast):
                leaves += part
                if isLast { return ConfigurationRead(routes: try StaticSchema.routes(fromLeaves: leaves)) }
                reply = try connection.followingReply(to: reply, within: configuration.requestDeadline)
            case .failure(let failure):
                // 9.x answers so for what is not there.
                if failure.errno == nil, failure.text.hasPrefix("Invalid xpath") {
                    return ConfigurationRead(routes: [:])
                }
                throw ManagementError(.rejected, "mgmtd cannot read its configuration: \(failure.text)")
            default:
                throw ManagementError(.protocolViolation, "odd reply to a configuration read")
            }
        }
    }

    // MARK: - State

    /// More hanging reads than this are not started: each keeps a session in mgmtd.
    private static let maximumAbandonedReads = 8

    /// Reads state below a path, on a session of its own (hazard 24).
    ///
    /// - Throws: `deadlineExceeded` when the daemon does not answer; the channel stays usable. `unsupported` on 9.x.
    func readState(_ request: Request) throws(ManagementError) -> [UInt8] {
        guard release.dialect.hasNativeReads else {
            throw ManagementError(.unsupported, "FRR \(release.rawValue) has no state on the management socket")
        }
        let hanging = connection.abandonedReads.count
        guard hanging < Self.maximumAbandonedReads else {
            throw ManagementError(.deadlineExceeded, "\(hanging) state reads are unanswered: is zebra running?")
        }
        let session: UInt64
        if let known = stateSession ?? connection.takeFreedSession() {
            session = known
        } else {
            session = try makeStateSession()
        }
        stateSession = session
        // The daemon is likely to hang still: look again, but not for long.
        let limit = hanging == 0 ? configuration.stateReadDeadline : configuration.stateReadDeadline / 8
        let reply: Reply
        do {
            reply = try connection.stateRequest(request, session: session, within: limit)
        } catch {
            stateSession = nil
            guard error.code == .deadlineExceeded, connection.abandonedReads[session] != nil else { throw error }
            throw ManagementError(.deadlineExceeded, "state was not read within \(limit): is zebra running?")
        }
        switch reply.body {
        case .tree(let text, _):
            // A partial error means that there is no such table or prefix: the answer is `{}`.
            return text
        case .failure(let failure):
            stateSession = nil
            throw ManagementError(.rejected, "mgmtd cannot read state: \(failure.text)")
        default:
            throw ManagementError(.protocolViolation, "odd reply to a state read")
        }
    }

    private func makeStateSession() throws(ManagementError) -> UInt64 {
        // A number used twice on a connection would end the earlier session; request numbers never repeat.
        let reply = try connection.request(
            .createSession(clientName: clientName), session: 0, within: configuration.requestDeadline)
        guard reply.body == .sessionCreated else {
            throw ManagementError(.rejected, "mgmtd gives no second session: \(reply.failure?.text ?? "odd reply")")
        }
        return reply.session
    }

    /// Names of the daemons that are connected to mgmtd.
    func connectedDaemons() throws(ManagementError) -> Set<String> {
        let text = try readState(.readOperational(path: "/frr-backend:clients"))
        let clients = try JSONReader.read(text).member("clients")?.member("client")?.elements ?? []
        return Set(clients.compactMap { $0.member("name")?.text })
    }

    /// Our routes as zebra has them.
    func readInstalled() throws(ManagementError) -> [IPPrefix: RoutingTable.StaticEntry] {
        var result: [IPPrefix: RoutingTable.StaticEntry] = [:]
        for family in AddressFamily.allCases {
            for leaf in ["tag", "selected"] {
                let path = RoutingTable.path(family, table: configuration.table, leaf: leaf)
                for entry in try RoutingTable.staticEntries(try readState(.readState(path: path))) {
                    var known = result[entry.prefix] ?? entry
                    known.tag = entry.tag ?? known.tag
                    known.isSelected = known.isSelected || entry.isSelected
                    result[entry.prefix] = known
                }
            }
        }
        return result.filter { $1.tag.map(configuration.tags.owns) == true }
    }
}
