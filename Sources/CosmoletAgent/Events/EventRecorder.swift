internal import Announcements
internal import Foundation
internal import Kubernetes
internal import Logging
internal import NetworkTypes
internal import Northbound
internal import Observability
internal import Synchronization

/// Writes what the reconciler reports into Kubernetes Events, as a courtesy: it never holds the reconciler up, and what
/// cannot be written is dropped and counted.
///
/// Notices wait in a bounded queue for the task in `run()`. What happens to the same object for the same reason within
/// ten minutes of the last time is told by counting up the Event that is there.
final class EventRecorder: ReconcileObserver {
    /// What became of a notice.
    enum Outcome: String, CaseIterable {
        /// A new Event.
        case created
        /// An Event of ours was counted up.
        case patched
        /// Another node has told it.
        case shared
        /// Over the limit of the object or of the agent.
        case limited
        /// The queue was full, its object is gone, or it waited while the API server failed.
        case dropped
        /// The API server refused it or could not be reached.
        case failed
    }

    /// How many notices may wait.
    static let queueCapacity = 200
    /// For how long after the last time an Event is counted up.
    static let window = Duration.seconds(600)

    /// After a quiet time the first Event waits for a part of this, by chance, and those that come meanwhile with it: what
    /// thousands of agents see in the same instant, they do not write in the same instant.
    static let spread = Duration.seconds(10)

    private struct State {
        var source: EventSource
        var limiter = EventLimiter()
        var lastNumber = 0
        /// When what came last may be written.
        var due = Duration.zero
        /// Notices up to this one waited while the API server failed.
        var givenUpThrough = 0
    }

    private struct Waiting: Sendable {
        var number: Int
        var notice: EventNotice
        var time: Date
        /// When it may be written.
        var due: Duration
    }

    private let node: String
    private let sink: any EventSink
    private let counter: Counter
    private let logger: Logger
    private let spread: Duration
    private let elapsed: @Sendable () -> Duration
    private let sleep: @Sendable (Duration) async throws -> Void
    private let now: @Sendable () -> Date
    private let state: Mutex<State>
    private let queue: AsyncStream<Waiting>
    private let continuation: AsyncStream<Waiting>.Continuation

    /// - Parameters:
    ///   - spread: how long the first Event after a quiet time waits at most.
    ///   - clock: what limits and windows are counted by.
    ///   - now: the time of day, for the Events.
    init<Timer: Clock>(
        node: String, sink: any EventSink, registry: MetricRegistry, logger: Logger,
        spread: Duration = EventRecorder.spread, clock: Timer = ContinuousClock(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) where Timer.Duration == Duration {
        self.node = node
        self.sink = sink
        self.logger = logger
        self.now = now
        self.spread = spread
        counter = registry.counter(MetricCatalogue.events)
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(for: $0) }
        state = Mutex(State(source: EventSource(node: node)))
        (queue, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.queueCapacity))
        for outcome in Outcome.allCases { counter.increment([.outcome: outcome.rawValue], by: 0) }
    }

    // MARK: - From the reconciler

    func planned(_ plan: AnnouncementPlan, _ changes: [PlanChange], running: Set<IPAddress>) {
        take { $0.planned(plan, changes, running: running) }
    }

    func applied(_ edits: [NetworkEdit], of plan: AnnouncementPlan) {
        take { $0.applied(edits, of: plan) }
    }

    func refused(_ edit: NetworkEdit, of plan: AnnouncementPlan, because reason: String) {
        take { $0.refused(edit, of: plan, because: reason) }
    }

    private func take(_ notices: (inout EventSource) -> [EventNotice]) {
        let (at, time) = (elapsed(), now())
        state.withLock { state in
            for notice in notices(&state.source) {
                guard state.limiter.admits(notice.object, at: at) else {
                    count(.limited)
                    continue
                }
                state.lastNumber += 1
                if at >= state.due { state.due = at + spread * Double.random(in: 0..<1) }
                let waiting = Waiting(number: state.lastNumber, notice: notice, time: time, due: state.due)
                if case .enqueued = continuation.yield(waiting) { continue }
                count(.dropped)
            }
        }
    }

    private func count(_ outcome: Outcome) { counter.increment([.outcome: outcome.rawValue]) }

    // MARK: - To the API server

    /// Writes what comes until the task is cancelled; what waits then is not written.
    func run() async {
        var series = EventSeries()
        var wasToldOfRights = false
        for await waiting in queue {
            let wait = waiting.due - elapsed()
            if wait > .zero, (try? await sleep(wait)) == nil { return }
            guard state.withLock({ waiting.number > $0.givenUpThrough }) else {
                count(.dropped)
                continue
            }
            do throws(KubernetesError) {
                count(try await write(waiting, &series))
            } catch {
                count(.failed)
                // The rest would fail too, each after its own time-out.
                if error.isRetryable { state.withLock { $0.givenUpThrough = $0.lastNumber } }
                if error.code == .forbidden, !wasToldOfRights {
                    wasToldOfRights = true
                    logger.warning(
                        "Events cannot be written",
                        metadata: [
                            LogKeys.error: "\(error)",
                            LogKeys.hint: "grant create and patch on events, or set events.enabled to false",
                        ])
                } else {
                    logger.debug("Event not written", metadata: [LogKeys.error: "\(error)"])
                }
            }
        }
    }

    private func write(_ waiting: Waiting, _ series: inout EventSeries) async throws(KubernetesError) -> Outcome {
        let notice = waiting.notice
        let at = elapsed()
        if let known = series.entry(of: notice, at: at, window: Self.window) {
            guard let name = known.name else { return .shared }
            do throws(KubernetesError) {
                let repetition = EventRepetition(notice, count: known.count + 1, at: waiting.time)
                try await sink.patch(repetition, of: name, namespace: notice.object.namespace)
                series.note(notice, name: name, count: known.count + 1, at: at)
                return .patched
            } catch {
                guard error.code == .notFound else { throw error }
            }
        }
        guard let uid = try await identity(of: notice.object) else { return .dropped }
        let name = EventSeries.name(for: notice, node: node, number: waiting.number, at: waiting.time)
        do throws(KubernetesError) {
            try await sink.create(EventObject(notice, name: name, uid: uid, host: node, at: waiting.time))
        } catch {
            guard error.code == .conflict, notice.isClusterWide else { throw error }
            series.note(notice, name: nil, count: 0, at: at)
            return .shared
        }
        series.note(notice, name: name, count: 1, at: at)
        return .created
    }

    /// For a Node its name, as the kubelet does it: `kubectl describe node` looks for both.
    private func identity(of object: EventNotice.Object) async throws(KubernetesError) -> String? {
        switch object {
        case .service(let id): try await sink.uid(of: id)
        case .node(let name): name
        }
    }
}
