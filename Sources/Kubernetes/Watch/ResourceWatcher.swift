public import Logging
internal import Synchronization

/// Follows a set of objects for as long as `run()` runs, whatever the server and the network do.
///
/// `changes` is bounded: when its reader is more than `bufferLimit` changes behind, `run()` waits, the connection is no
/// longer read, and at last the server slows down or ends the watch, which is then resumed or listed anew. Nothing is
/// ever dropped, so the reader's picture stays right, only late; memory stays bounded.
public final class ResourceWatcher<Resource: KubernetesResource>: Sendable {
    /// What changes, in order. For one reader; ends when `run()` ends. A reader that is cancelled ends it for good.
    public let changes: AsyncStream<ResourceChange<Resource>>

    private struct Progress {
        var status = WatcherStatus()
        var heard: LastHeard?
        var lastEvent: LastHeard?
        var hasRun = false
        var refusal = RefusalSpell()
    }

    private let client: KubernetesClient
    private let settings: ListWatchMachine<Resource>.Settings
    private let idleSlack: Duration
    private let seed: UInt64
    private let time: TimeSource
    private let logger: Logger
    private let observer: @Sendable (WatcherNotice) -> Void
    private let channel: BoundedChannel<ResourceChange<Resource>>
    private let progress = Mutex(Progress())

    /// Makes a watcher; nothing is asked before `run()`.
    ///
    /// - Parameters:
    ///   - client: stays the caller's, who shuts it down after `run()` has ended.
    ///   - scope: which objects.
    ///   - pageLimit: how many objects a page may have; nil for all in one.
    ///   - serverTimeout: when the server shall end each watch at the latest.
    ///   - idleSlack: how much longer than `serverTimeout` a watch may be silent before it is given up. Bookmarks may
    ///     come only near its end, so less silence proves nothing.
    ///   - backoff: how long to wait after failures.
    ///   - bufferLimit: how many changes may wait for the reader.
    ///   - seed: for the jitter.
    ///   - clock: for waits and idle limits.
    ///   - observer: called with each notice, from `run()`, before the changes that go with it are delivered. Must not
    ///     block.
    public init<Timer: Clock>(
        client: KubernetesClient, scope: ResourceScope = .all, pageLimit: Int? = 500,
        serverTimeout: Duration = .seconds(290), idleSlack: Duration = .seconds(20), backoff: Backoff = Backoff(),
        bufferLimit: Int = 1024, seed: UInt64 = .random(in: 0 ... .max), clock: Timer = ContinuousClock(),
        logger: Logger, observer: @escaping @Sendable (WatcherNotice) -> Void = { _ in }
    ) where Timer.Duration == Duration {
        self.client = client
        settings = .init(scope: scope, pageLimit: pageLimit, serverTimeout: serverTimeout, backoff: backoff)
        self.idleSlack = idleSlack
        self.seed = seed
        time = TimeSource(clock)
        var logger = logger
        logger[metadataKey: "resource"] = "\(Resource.path.plural)"
        self.logger = logger
        self.observer = observer
        let channel = BoundedChannel<ResourceChange<Resource>>(capacity: bufferLimit)
        self.channel = channel
        changes = AsyncStream(unfolding: { await channel.next() }, onCancel: { channel.finish() })
    }

    /// Counters and state, as of now. Any thread.
    public var status: WatcherStatus {
        progress.withLock { progress in
            var status = progress.status
            status.timeSinceLastHeard = progress.heard?.age
            status.timeSinceLastEvent = progress.lastEvent?.age
            return status
        }
    }

    /// Follows the objects until the task is cancelled, the client is shut down, or the reader of `changes` is gone.
    /// Call it once.
    public func run() async {
        let isFirst = progress.withLock { progress in
            defer { progress.hasRun = true }
            return !progress.hasRun
        }
        precondition(isFirst, "a watcher runs once")
        defer {
            progress.withLock { $0.status.isConnected = false }
            channel.finish()
        }
        var machine = ListWatchMachine<Resource>(settings: settings, seed: seed)
        var operation = await take(machine.handle(.start, at: time.now()))
        while let current = operation {
            switch current {
            case .list(let query): operation = await list(query, &machine)
            case .watch(let query): operation = await watch(query, &machine)
            case .wait(let duration):
                guard (try? await time.sleep(duration)) != nil else { return }
                operation = await take(machine.handle(.waited, at: time.now()))
            }
        }
    }

    // MARK: - Operations; each returns the next one, nil to stop

    private typealias Machine = ListWatchMachine<Resource>

    private func list(_ query: ListQuery, _ machine: inout Machine) async -> Machine.Operation? {
        let input: Machine.Input
        do throws(KubernetesError) {
            input = .page(try await client.list(Resource.self, query: query))
            markHeard(isEvent: true)
        } catch {
            if mustStop(error) { return nil }
            input = .listFailed(error)
        }
        return await take(machine.handle(input, at: time.now()))
    }

    private func watch(_ query: WatchQuery, _ machine: inout Machine) async -> Machine.Operation? {
        let end: KubernetesError?
        do throws(KubernetesError) {
            var session = try await client.watch(Resource.self, query: query)
            progress.withLock { $0.status.httpVersion = session.httpVersion }
            markHeard()
            _ = await take(machine.handle(.watchOpened, at: time.now()))
            let limit = query.serverTimeout + idleSlack
            let next = try await session.exchange.withSilenceLimit(limit) {
                () async throws(KubernetesError) -> Machine.Operation? in
                try await follow(&session, &machine)
            }
            return next
        } catch {
            end = error
        }
        if let end, mustStop(end) { return nil }
        return await take(machine.handle(.watchEnded(end), at: time.now()))
    }

    /// Reads a watch until it ends or the machine wants something else.
    private func follow(
        _ session: inout WatchSession<Resource>, _ machine: inout Machine
    ) async throws(KubernetesError) -> Machine.Operation? {
        while let event = try await session.next() {
            markHeard(isEvent: true)
            progress.withLock { $0.status.eventCount += 1 }
            let step = machine.handle(.event(event), at: time.now())
            guard await deliver(step) else { return nil }
            if let next = step.next { return next }
        }
        return await take(machine.handle(.watchEnded(nil), at: time.now()))
    }

    private func take(_ step: Machine.Step) async -> Machine.Operation? {
        await deliver(step) ? step.next : nil
    }

    /// False when nobody wants changes any more.
    private func deliver(_ step: Machine.Step) async -> Bool {
        if let notice = step.notice { tell(notice) }
        for change in step.changes {
            switch change {
            case .invalid(let name, let reason): tell(.skipped(name, reason: reason))
            case .replaced(_, let unreadable):
                for object in unreadable { tell(.skipped(object.name, reason: object.reason)) }
            case .applied, .deleted: break
            }
            guard await channel.send(change) else { return false }
        }
        return !Task.isCancelled
    }

    private func mustStop(_ error: KubernetesError) -> Bool {
        error.code == .shutDown || Task.isCancelled
    }

    // MARK: - Telling

    private func markHeard(isEvent: Bool = false) {
        progress.withLock { progress in
            progress.heard = progress.heard ?? LastHeard(time)
            progress.heard?.mark()
            guard isEvent else { return }
            progress.lastEvent = progress.lastEvent ?? LastHeard(time)
            progress.lastEvent?.mark()
        }
    }

    private func tell(_ notice: WatcherNotice) {
        progress.withLock { $0.status.count(notice) }
        observer(notice)
        switch notice {
        case .listed(let count, let invalid):
            noteRefusal(nil)
            logger.info("listed", metadata: ["objects": "\(count)", "invalid": "\(invalid)"])
        case .connected:
            noteRefusal(nil)
            logger.debug("watch open", metadata: ["http": "\(status.httpVersion ?? "")"])
        case .reconnecting(nil, let wait):
            logger.debug("watch ended", metadata: ["wait": "\(wait)"])
        case .reconnecting(let error?, let wait):
            warn("watch lost", error, wait)
        case .relisting(let error, let wait):
            warn("listing anew", error, wait)
        case .listFailed(let error, let wait):
            warn("list failed", error, wait)
        case .skipped(let name, let reason):
            logger.error("object skipped", metadata: ["object": "\(name)", "reason": "\(reason)"])
        }
    }

    private func warn(_ message: Logger.Message, _ error: KubernetesError, _ wait: Duration) {
        logger.warning(message, metadata: ["error": "\(error)", "wait": "\(wait)"])
        if let duration = noteRefusal(error) {
            // The error names verb, resource and user, and says what to grant.
            logger.error("access refused for long", metadata: ["error": "\(error)", "duration": "\(duration)"])
        }
    }

    @discardableResult
    private func noteRefusal(_ error: KubernetesError?) -> Duration? {
        let now = time.now()
        return progress.withLock { $0.refusal.note(error, at: now) }
    }
}
