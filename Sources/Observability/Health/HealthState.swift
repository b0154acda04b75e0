import Synchronization

/// Whether the agent is alive and ready, as its parts report it. The HTTP endpoints `/livez` and `/readyz` print it.
///
/// *Alive* means the loops turn: every loop that registered has beaten within its own maximum age. *Ready* means that
/// every condition of this process holds. A lost API server or FRR makes the agent unready but never dead, since a
/// restart would not bring either back. Safe from any thread.
public final class HealthState: Sendable {
    /// What readiness consists of.
    public enum Condition: String, Sendable, Hashable, CaseIterable {
        /// Every watched resource has been listed completely once. Not so at the start.
        case synced
        /// The management session with FRR is open. Not so at the start.
        case session
        /// No commit's outcome is unknown. So at the start, as nothing has been committed.
        case commitKnown = "commit-known"
        /// The journal can be written, or may be missing. So at the start.
        case journal
    }

    private struct Loop {
        var maximumAge: Duration
        var lastBeat: Duration
    }

    private struct State {
        var conditions: [Condition: HealthReport.Entry]
        var loops: [String: Loop] = [:]
    }

    /// Time since some fixed moment.
    private let elapsed: @Sendable () -> Duration
    private let state: Mutex<State>

    /// Starts unready, and alive, as no loop is registered.
    ///
    /// - Parameters:
    ///   - conditions: what readiness of this process consists of; reports on others are ignored.
    ///   - elapsed: the time since some fixed moment, never falling; it measures the age of heartbeats.
    public init(
        conditions: Set<Condition> = Set(Condition.allCases), elapsed: @escaping @Sendable () -> Duration
    ) {
        self.elapsed = elapsed
        let conditions = conditions.map { condition in
            let isMet = condition == .commitKnown || condition == .journal
            return (condition, HealthReport.Entry(condition.rawValue, isMet: isMet, detail: isMet ? "" : "starting"))
        }
        state = Mutex(State(conditions: Dictionary(uniqueKeysWithValues: conditions)))
    }

    /// Starts unready, with a clock that stands still while the machine is suspended: that is not the loops' fault.
    public convenience init(conditions: Set<Condition> = Set(Condition.allCases)) {
        let start = SuspendingClock.now
        self.init(conditions: conditions, elapsed: { start.duration(to: .now) })
    }

    // MARK: - Reports of the parts

    /// Says that a condition holds.
    public func meet(_ condition: Condition) {
        set(condition, isMet: true, detail: "")
    }

    /// Says that a condition does not hold, and why, in words for an operator.
    public func fail(_ condition: Condition, because detail: String) {
        set(condition, isMet: false, detail: detail)
    }

    /// Adds a loop, with this moment as its first beat. A loop of the same name is replaced.
    ///
    /// - Parameter maximumAge: how old its last beat may become before the process counts as dead. A loop that waits for
    ///   events must therefore beat on a timer too.
    public func registerLoop(_ name: String, maximumAge: Duration) {
        let now = elapsed()
        state.withLock { $0.loops[name] = Loop(maximumAge: maximumAge, lastBeat: now) }
    }

    /// Notes that a loop has turned. A loop that is not registered is ignored, as a beat may cross its removal.
    public func beat(_ name: String) {
        let now = elapsed()
        state.withLock { $0.loops[name]?.lastBeat = now }
    }

    /// Takes a loop out, when it ends as intended.
    public func removeLoop(_ name: String) {
        state.withLock { _ = $0.loops.removeValue(forKey: name) }
    }

    // MARK: - Answers

    /// Whether every registered loop turns, with an entry `loop-NAME` for each, by name.
    public func livez() -> HealthReport {
        let now = elapsed()
        let loops = state.withLock { $0.loops }
        let entries = loops.sorted { $0.key < $1.key }.map { name, loop in
            // A beat of another thread may be newer than the time read above.
            let age = max(now - loop.lastBeat, .zero)
            let detail = "last beat \(Self.seconds(age)) ago, at most \(Self.seconds(loop.maximumAge))"
            return HealthReport.Entry("loop-" + name, isMet: age <= loop.maximumAge, detail: detail)
        }
        return HealthReport(name: "livez", entries: entries)
    }

    /// Whether every condition holds, in the order of declaration.
    public func readyz() -> HealthReport {
        let conditions = state.withLock { $0.conditions }
        return HealthReport(name: "readyz", entries: Condition.allCases.compactMap { conditions[$0] })
    }

    private func set(_ condition: Condition, isMet: Bool, detail: String) {
        let entry = HealthReport.Entry(condition.rawValue, isMet: isMet, detail: detail)
        state.withLock { state in
            if state.conditions[condition] != nil { state.conditions[condition] = entry }
        }
    }

    private static func seconds(_ duration: Duration) -> String {
        let milliseconds = Int64((duration.inSeconds * 1000).rounded())
        return ExpositionWriter.number(Double(milliseconds) / 1000) + " s"
    }
}
