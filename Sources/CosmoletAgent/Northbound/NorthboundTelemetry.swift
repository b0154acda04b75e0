internal import Northbound
internal import Observability
internal import Synchronization

/// What a northbound's parts report, turned into metrics. May be called from any thread.
final class NorthboundTelemetry: Sendable {
    /// A client that was not heard for so long is not counted.
    private static let memory = Duration.seconds(60)

    fileprivate struct Client {
        var heardAt: ContinuousClock.Instant
        var hasLease: Bool
    }

    fileprivate struct State {
        var waiting = 0
        var clients: [String: Client] = [:]
    }

    private let transactions: Counter
    private let coalesced: Counter
    private let waitingCommits: Gauge
    private let locksRefused: Counter
    private let requests: Counter
    private let leasesExpired: Counter
    private let dropped: Counter
    private let journalFailing: Gauge
    private let journalFailures: Counter
    private let journalMissing: Counter
    private let providerMoves: Counter
    private let providerLeftovers: Gauge
    private let state = Mutex(State())

    init(registry: MetricRegistry) {
        transactions = registry.counter(MetricCatalogue.northboundTransactions)
        coalesced = registry.counter(MetricCatalogue.coalescedCommits)
        waitingCommits = registry.gauge(MetricCatalogue.waitingCommits)
        locksRefused = registry.counter(MetricCatalogue.locksRefused)
        requests = registry.counter(MetricCatalogue.northboundRequests)
        leasesExpired = registry.counter(MetricCatalogue.leasesExpired)
        dropped = registry.counter(MetricCatalogue.commitLogDropped)
        journalFailing = registry.gauge(MetricCatalogue.journalFailing)
        journalFailures = registry.counter(MetricCatalogue.journalFailures)
        journalMissing = registry.counter(MetricCatalogue.journalMissing)
        providerMoves = registry.counter(MetricCatalogue.providerMoves)
        providerLeftovers = registry.gauge(MetricCatalogue.providerLeftovers)
        for outcome in [TransactionOutcome.applied, .rejected, .unknown] {
            transactions.increment([.kind: TransactionKind.commit.rawValue, .outcome: outcome.rawValue], by: 0)
        }
        let clients = registry.gauge(MetricCatalogue.northboundClients)
        let leases = registry.gauge(MetricCatalogue.leases)
        registry.onScrape { [weak self] _ in
            guard let known = self?.knownClients() else { return }
            clients.set(to: Double(known.count))
            leases.set(to: Double(known.count(where: \.hasLease)))
        }
    }

    func recorded(_ record: TransactionRecord, isCoalesced: Bool) {
        transactions.increment([.kind: record.kind.rawValue, .outcome: record.outcome.rawValue])
        if isCoalesced { coalesced.increment() }
    }

    func waiting(by count: Int) {
        state.withLock { state in
            state.waiting += count
            waitingCommits.set(to: Double(state.waiting))
        }
    }

    func called(_ method: String, _ code: StatusCode) {
        requests.increment([.method: method, .code: code.name])
    }

    func heard(_ client: String, isLease: Bool) {
        state.withLock { state in
            let hadLease = state.clients[client]?.hasLease ?? false
            state.clients[client] = Client(heardAt: .now, hasLease: hadLease || isLease)
            // Names come from outside: what is kept of them is bounded.
            if state.clients.count > 1000 { state.forget(before: .now - Self.memory) }
            if state.clients.count > 1000 { state.clients = [:] }
        }
    }

    func lockRefused() { locksRefused.increment() }

    func leaseExpired() { leasesExpired.increment() }

    func droppedFromFile() { dropped.increment([.sink: "file"]) }

    /// Takes over what the publisher counts.
    func droppedFromPublication(total: Int) { dropped.advance([.sink: "publication"], to: Double(total)) }

    func journalFails() {
        journalFailing.set(to: true)
        journalFailures.increment()
    }

    func journalHealed() { journalFailing.set(to: false) }

    func notWritten() { journalMissing.increment() }

    func moved(_ move: ProviderMove) {
        providerMoves.increment([.provider: move.to, .step: move.step.rawValue])
        switch move.step {
        case .removed: providerLeftovers.set(to: false)
        case .unreachable, .leftover: providerLeftovers.set(to: true)
        case .announced, .verified, .withdrawn, .stayed: break
        }
    }

    private func knownClients() -> [Client] {
        state.withLock { state in
            state.forget(before: .now - Self.memory)
            return Array(state.clients.values)
        }
    }
}

extension NorthboundTelemetry.State {
    fileprivate mutating func forget(before: ContinuousClock.Instant) {
        clients = clients.filter { $0.value.heardAt >= before }
    }
}
