import Observability
import Synchronization
import Testing

/// A time that stands still until it is told otherwise.
private final class StoppedTime: Sendable {
    private let time = Mutex(Duration.seconds(1_000_000))
    var elapsed: Duration { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 += duration } }
}

@Suite struct HealthStateTests {
    private let clock = StoppedTime()
    private let health: HealthState

    init() { health = HealthState { [clock] in clock.elapsed } }

    @Test func startsAliveAndUnready() {
        #expect(health.livez().isHealthy)
        #expect(health.livez().text(verbose: false) == "ok\n")
        #expect(health.readyz().statusCode == 503)
        #expect(
            health.readyz().text(verbose: true) == """
                [-]synced failed: starting
                [-]session failed: starting
                [+]commit-known ok
                [+]journal ok
                readyz check failed

                """)
    }

    @Test func isReadyWhenEveryConditionHolds() {
        health.meet(.synced)
        health.meet(.session)
        #expect(health.readyz().statusCode == 200)
        #expect(health.readyz().text(verbose: false) == "ok\n")
        #expect(
            health.readyz().text(verbose: true) == """
                [+]synced ok
                [+]session ok
                [+]commit-known ok
                [+]journal ok
                readyz check passed

                """)
    }

    @Test func onlyTheConditionsOfThisProcessCount() {
        let northbound = HealthState(conditions: [.session, .commitKnown, .journal])
        northbound.meet(.session)
        northbound.fail(.synced, because: "there is no API server here")
        #expect(northbound.readyz().isHealthy)
        #expect(!northbound.readyz().text(verbose: true).contains("synced"))
    }

    @Test(arguments: HealthState.Condition.allCases)
    func oneFailedConditionMakesUnreadyAndIsNamed(condition: HealthState.Condition) {
        for other in HealthState.Condition.allCases { health.meet(other) }
        health.fail(condition, because: "peer went away")
        #expect(
            health.readyz().text(verbose: false) == """
                [-]\(condition.rawValue) failed: peer went away
                readyz check failed

                """)
        #expect(health.livez().isHealthy)
        health.meet(condition)
        #expect(health.readyz().isHealthy)
    }

    @Test func aLoopThatStopsTurningMakesDead() {
        health.registerLoop("watch", maximumAge: .seconds(60))
        health.registerLoop("reconcile", maximumAge: .milliseconds(2500))
        clock.advance(by: .milliseconds(2500))
        #expect(health.livez().isHealthy)

        clock.advance(by: .milliseconds(1))
        #expect(health.livez().statusCode == 503)
        #expect(
            health.livez().text(verbose: true) == """
                [-]loop-reconcile failed: last beat 2.501 s ago, at most 2.5 s
                [+]loop-watch ok: last beat 2.501 s ago, at most 60 s
                livez check failed

                """)

        health.beat("reconcile")
        #expect(health.livez().isHealthy)
    }

    @Test func aRemovedLoopNoLongerCounts() {
        health.registerLoop("once", maximumAge: .seconds(1))
        clock.advance(by: .seconds(2))
        health.removeLoop("once")
        health.beat("once")
        #expect(health.livez().isHealthy)
        #expect(health.livez().entries.isEmpty)
    }
}
