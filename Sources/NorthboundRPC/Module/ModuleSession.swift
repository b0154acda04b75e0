internal import NetworkTypes
public import Northbound

/// A session with the module inside bgpd (provider `bgpd`; docs/frr-module.md).
///
/// One connection serves one run of bgpd: when bgpd ends, stops answering, or is another one than it was, the session is
/// lost, and `open()` begins anew. A commit whose answer was lost is settled by the next `open()` before anything is read,
/// so that it cannot be carried out afterwards.
///
/// Calls may come from any task; requests are made one after the other, in order of the calls. The socket has a thread of
/// its own, and none of Swift's threads is held while an answer is awaited.
public actor ModuleSession: ManagementSession {
    /// What is known while a session is open.
    struct Link {
        let connection: ModuleConnection
        let capabilities: ManagementCapabilities
        /// Name of the run of bgpd.
        let instance: String
        /// Classes that have a route-map, as far as is known.
        var classes: Set<AttributeClass>
        let heartbeat: Task<Void, Never>
    }

    /// A commit that may still be on its way to bgpd.
    struct Doubt {
        let requestID: String
        /// The run of bgpd that it was sent to.
        let instance: String
    }

    let configuration: ModuleConfiguration
    var link: Link?
    var doubt: Doubt?
    private var turnstile = Turnstile()
    private var eventContinuation: AsyncStream<SessionEvent>.Continuation?

    /// Makes a session that is not connected yet.
    public init(configuration: ModuleConfiguration) { self.configuration = configuration }

    // MARK: - ManagementSession

    /// Connects, and looks whether bgpd can take networks at all.
    ///
    /// - Throws: `unreachable` when nobody listens; `unresponsive` when bgpd may announce all the same, as the permissions
    ///   forbid to ask, or the module does not answer, or waits for bgpd to read its configuration; `rejected`, naming the
    ///   line of configuration that is missing, when there is no BGP instance or it asks for a route in the RIB.
    public func open() async throws(ManagementError) -> ManagementCapabilities {
        await enter()
        defer { leave() }
        if let link { return link.capabilities }
        let loss = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
        let connection = try await ModuleConnection(configuration) { loss.continuation.yield($0) }
        do throws(ManagementError) {
            let found = try await begin(connection)
            let heartbeat = Task { [weak self, interval = configuration.heartbeatInterval] in
                await withDiscardingTaskGroup { group in
                    group.addTask {
                        for await reason in loss.stream { await self?.disconnect(reason, of: connection) }
                    }
                    while (try? await Task.sleep(for: interval)) != nil, await self?.beat(connection) == true {}
                    group.cancelAll()
                }
            }
            link = Link(
                connection: connection, capabilities: found.capabilities, instance: found.instance,
                classes: found.classes, heartbeat: heartbeat)
            return found.capabilities
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Our networks of the default VRF in bgpd's running configuration.
    ///
    /// - Throws: `disconnected` when the session is not open, and what a connection throws that has to be given up.
    public func networks() async throws(ManagementError) -> Set<Network> {
        await enter()
        defer { leave() }
        return try await use { (link: Link) async throws(ModuleFailure) in
            try await link.connection.contents(of: [NetworkPath.instance]).networks
        }
    }

    /// Our networks that BGP has a path of. One is missing as long as its route-map denies or is not there, or somebody has
    /// switched the check for a route in the RIB on.
    ///
    /// - Throws: `unsupported` when the module is too old to tell.
    public func installedNetworks() async throws(ManagementError) -> Set<Network> {
        await enter()
        defer { leave() }
        return try await seeing { (link: Link) async throws(ModuleFailure) in
            try await link.connection.contents(of: [NetworkPath.instance], .state).networks
        }
    }

    /// Applies a transaction in one Commit and reads back what it was to change.
    public func commit(_ transaction: Transaction) async -> CommitResult {
        await enter()
        defer { leave() }
        return await execute(transaction.edits)
    }

    /// Closes the connection. What is announced stays announced.
    public func close() async {
        await enter()
        defer { leave() }
        guard let link else { return }
        self.link = nil
        link.heartbeat.cancel()
        await link.connection.close()
    }

    /// News of this session; a second call ends the first stream.
    public func events() async -> AsyncStream<SessionEvent> {
        eventContinuation?.finish()
        let (stream, continuation) = AsyncStream.makeStream(
            of: SessionEvent.self, bufferingPolicy: .bufferingNewest(4))
        eventContinuation = continuation
        return stream
    }

    // MARK: - Opening

    private struct Finding {
        var capabilities: ManagementCapabilities
        var instance: String
        var classes: Set<AttributeClass>
    }

    private func begin(_ connection: ModuleConnection) async throws(ManagementError) -> Finding {
        do throws(ModuleFailure) {
            let service = try await connection.capabilities()
            if let refusal = Self.refusal(of: service) { throw ModuleFailure.lost(refusal) }
            let instance = try await connection.instance()
            try await settleDoubt(connection, instance)
            let classes = try await connection.contents(of: [ClassRouteMap.list]).classes
            let releases = service.management?.releases ?? ""
            return Finding(
                capabilities: ManagementCapabilities(
                    provider: "bgpd", dialect: "module \(service.programVersion)", schema: "frr-bgp",
                    releases: releases,
                    canReadState: true),
                instance: instance, classes: classes)
        } catch {
            let isAway =
                switch error {
                case .refused(let refusal): refusal.code == .unavailable
                case .lost(let why): why.code == .disconnected || why.code == .deadlineExceeded
                }
            throw isAway ? ManagementError(.unresponsive, error.error.message) : error.error
        }
    }

    /// Why bgpd cannot take networks, and the line that helps.
    private static func refusal(of service: ServiceCapabilities) -> ManagementError? {
        guard let instance = service.instances.first(where: { $0.vrf == "default" }) else {
            return ManagementError(
                .rejected, "bgpd has no BGP instance in the default VRF; configure one with: router bgp ASN")
        }
        guard instance.hasImportCheck else { return nil }
        return ManagementError(
            .rejected,
            "bgpd would announce networks only with a route in the RIB; add to router bgp \(instance.asNumber): "
                + "no bgp network import-check")
    }

    /// A commit whose answer was lost may still wait in bgpd's queue; with the bgpd that it was sent to that has gone.
    private func settleDoubt(_ connection: ModuleConnection, _ instance: String) async throws(ModuleFailure) {
        if let doubt, doubt.instance == instance { try await connection.settle(doubt.requestID) }
        doubt = nil
    }

    // MARK: - Turns and losses

    func enter() async {
        if turnstile.tryEnter() { return }
        await withCheckedContinuation { turnstile.wait($0) }
    }

    func leave() { turnstile.leave() }

    static let notOpen = ManagementError(.disconnected, "the session with the module in bgpd is not open")

    /// Asks something in the caller's turn; a connection that cannot be trusted any more is given up.
    func use<Value>(
        _ body: (Link) async throws(ModuleFailure) -> Value
    ) async throws(ManagementError) -> Value {
        guard let link else { throw Self.notOpen }
        do throws(ModuleFailure) { return try await body(link) } catch {
            if case .lost(let why) = error { disconnect(why.message, of: link.connection) }
            throw error.error
        }
    }

    /// One heartbeat; false when the session is over.
    private func beat(_ connection: ModuleConnection) async -> Bool {
        await enter()
        defer { leave() }
        guard let link, link.connection === connection else { return false }
        do throws(ModuleFailure) {
            guard try await connection.instance() != link.instance else { return true }
            disconnect("bgpd was restarted", of: connection)
        } catch {
            disconnect(error.error.message, of: connection)
        }
        return false
    }

    /// Ends the session that uses a connection and tells of it.
    func disconnect(_ reason: String, of connection: ModuleConnection) {
        guard let link, link.connection === connection else { return }
        self.link = nil
        link.heartbeat.cancel()
        // Its last bytes have a second to go; nobody waits for that.
        Task { await connection.close() }
        eventContinuation?.yield(.disconnected(reason))
    }
}
