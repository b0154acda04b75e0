import Testing

@testable import Kubernetes

/// Plays inputs to a machine without jitter and writes down what it does.
struct Script {
    private(set) var machine: ListWatchMachine<Service>
    private(set) var log: [String] = []

    /// Whether the log has more notices than that of a new list.
    var showsAllNotices = false

    init(pageLimit: Int? = 2, jitter: Double = 0) {
        machine = ListWatchMachine(
            settings: .init(
                scope: .all, pageLimit: pageLimit, serverTimeout: .seconds(290),
                backoff: Backoff(
                    initial: .seconds(1), factor: 2, cap: .seconds(10), jitter: jitter, resetAfter: .seconds(60))),
            seed: 7)
    }

    /// Plays one input; what is new in the log.
    @discardableResult
    mutating func play(_ input: ListWatchMachine<Service>.Input, at seconds: Int = 0) -> [String] {
        let step = machine.handle(input, at: .seconds(seconds))
        var lines = step.changes.map { describe($0) }
        if let next = step.next { lines.append(describe(next)) }
        if let notice = step.notice.flatMap(noticeWord) { lines.append(notice) }
        log += lines
        return lines
    }

    /// Brings a machine to an open watch from version 10 with service a.
    static func watching(openedAt seconds: Int = 0) -> Script {
        var script = Script()
        script.play(.start)
        script.play(.page(page(["a"], version: "10")))
        script.play(.watchOpened, at: seconds)
        return script
    }

    private func describe(_ change: ResourceChange<Service>) -> String {
        if case .invalid(let name, let reason) = change { return "invalid \(name): \(reason)" }
        return word(change)
    }

    private func noticeWord(_ notice: WatcherNotice) -> String? {
        switch notice {
        case .relisting: "relisting"
        case .listFailed where showsAllNotices: "list failed"
        case .reconnecting where showsAllNotices: "reconnecting"
        case .connected where showsAllNotices: "connected"
        case .listed(let count, let invalid) where showsAllNotices: "listed \(count) and \(invalid)"
        default: nil
        }
    }

    private func describe(_ operation: ListWatchMachine<Service>.Operation) -> String {
        switch operation {
        case .list(let query):
            var text = "list \(query.freshness)"
            if let limit = query.limit { text += " limit \(limit)" }
            if let token = query.continueToken { text += " continue \(token)" }
            return text
        case .watch(let query): return "watch from \(query.resourceVersion)"
        case .wait(let duration): return "wait \(duration)"
        }
    }
}

func service(_ name: String, version: String = "") -> Service {
    Service(metadata: ObjectMeta(namespace: "n", name: name, resourceVersion: version))
}

func page(
    _ names: [String], version: String, next: String? = nil, invalid: [InvalidObject] = []
) -> ListPage<Service> {
    ListPage(items: names.map { service($0) }, invalid: invalid, resourceVersion: version, continueToken: next)
}

func failure(_ code: KubernetesError.Code, retryAfter: Duration? = nil) -> KubernetesError {
    KubernetesError(code: code, message: "scripted", retryAfter: retryAfter)
}

@Suite struct ListWatchMachineTests {
    @Test func listsThenWatchesFromTheListsVersion() {
        var script = Script()
        #expect(script.play(.start) == ["list mostRecent limit 2"])
        #expect(script.play(.page(page(["a", "b"], version: "10"))) == ["replaced a,b", "watch from 10"])
        #expect(script.play(.watchOpened) == [])
    }

    @Test func pagesAreDeliveredTogetherAtTheEnd() {
        var script = Script()
        script.play(.start)
        #expect(script.play(.page(page(["a"], version: "10", next: "T1"))) == ["list mostRecent limit 2 continue T1"])
        #expect(script.play(.page(page(["b"], version: "10", next: "T2"))) == ["list mostRecent limit 2 continue T2"])
        #expect(script.play(.page(page(["c"], version: "10"))) == ["replaced a,b,c", "watch from 10"])
    }

    @Test func pageOfABusyServerIsAskedForAgainWithoutLosingTheOthers() {
        var script = Script()
        script.play(.start)
        script.play(.page(page(["a"], version: "10", next: "T1")))
        #expect(script.play(.listFailed(failure(.tooManyRequests))) == ["wait 1.0 seconds"])
        #expect(script.play(.waited) == ["list mostRecent limit 2 continue T1"])
        #expect(script.play(.page(page(["b"], version: "10"))) == ["replaced a,b", "watch from 10"])
    }

    @Test func listThatBreaksOffBeginsAgainAsTheServerMayBeAnother() {
        var script = Script()
        script.play(.start)
        script.play(.page(page(["old"], version: "10", next: "T1")))
        #expect(script.play(.listFailed(failure(.connectionLost))) == ["wait 1.0 seconds"])
        #expect(script.play(.waited) == ["list mostRecent limit 2"])
        #expect(script.play(.page(page(["new"], version: "9"))) == ["replaced new", "watch from 9"])
    }

    @Test func pagesOfTwoMomentsAreNotPutTogether() {
        var script = Script()
        script.play(.start)
        script.play(.page(page(["a"], version: "10", next: "T1")))
        #expect(script.play(.page(page(["b"], version: "11"))) == ["wait 1.0 seconds"])
        #expect(script.play(.waited) == ["list mostRecent limit 2"])
    }

    @Test func expiredContinueTokenListsAllInOneAndDropsTheHalfList() {
        var script = Script()
        script.play(.start)
        script.play(.page(page(["old"], version: "10", next: "T1")))
        #expect(script.play(.listFailed(failure(.expired))) == ["list mostRecent", "relisting"])
        #expect(script.play(.page(page(["new"], version: "20"))) == ["replaced new", "watch from 20"])
    }

    @Test func expiryOfTheFullListBacksOff() {
        var script = Script()
        script.play(.start)
        script.play(.listFailed(failure(.expired)))
        #expect(script.play(.listFailed(failure(.expired))) == ["wait 1.0 seconds"])
        #expect(script.play(.waited) == ["list mostRecent"])
    }

    @Test func refusedContinueTokenBeginsTheListAgain() {
        var script = Script()
        script.play(.start)
        script.play(.page(page(["a"], version: "10", next: "T1")))
        #expect(script.play(.listFailed(failure(.badRequest))) == ["wait 1.0 seconds"])
        #expect(script.play(.waited) == ["list mostRecent limit 2"])
    }

    @Test func eventsMoveTheVersionForward() {
        var script = Script.watching()
        #expect(script.play(.event(.applied(service("b", version: "11")))) == ["applied b"])
        #expect(script.play(.event(.deleted(service("a", version: "12")))) == ["deleted a"])
        #expect(script.play(.watchEnded(nil), at: 290) == ["watch from 12"])
    }

    @Test func bookmarkMovesTheVersionWithoutAChange() {
        var script = Script.watching()
        #expect(script.play(.event(.bookmark(resourceVersion: "99"))) == [])
        #expect(script.play(.watchEnded(nil), at: 290) == ["watch from 99"])
    }

    @Test func invalidObjectIsReportedAndItsVersionCounts() {
        var script = Script.watching()
        let broken = InvalidObject(name: ObjectName(namespace: "n", name: "x"), reason: "bad", resourceVersion: "15")
        #expect(script.play(.event(.invalid(broken))) == ["invalid n/x: bad"])
        #expect(script.play(.watchEnded(nil), at: 290) == ["watch from 15"])
    }

    @Test func invalidObjectsOfAListAreNamedInTheReplacement() {
        var script = Script()
        script.play(.start)
        let broken = InvalidObject(name: ObjectName(namespace: "n", name: "x"), reason: "bad")
        #expect(
            script.play(.page(page(["a"], version: "10", invalid: [broken])))
                == ["replaced a without n/x", "watch from 10"])
    }

    @Test func unreadableVersionsDoNotMoveThePlace() {
        var script = Script.watching()
        script.play(.event(.applied(service("b"))))
        script.play(.event(.invalid(InvalidObject(name: ObjectName(name: ""), reason: "bad"))))
        script.play(.event(.bookmark(resourceVersion: "")))
        #expect(script.play(.watchEnded(nil), at: 290) == ["watch from 10"])
    }

    @Test func expiredWatchRelistsAtOnce() {
        var script = Script.watching()
        #expect(
            script.play(.event(.error(failure(.expired))), at: 5) == ["list notOlderThan(\"10\")", "relisting"])
        #expect(script.play(.page(page(["c"], version: "30"))) == ["replaced c", "watch from 30"])
    }

    @Test func expiredAsStatusRelistsToo() {
        var script = Script.watching()
        #expect(
            script.play(.watchEnded(failure(.expired)), at: 5) == ["list notOlderThan(\"10\")", "relisting"])
    }

    @Test func repeatedExpiryBacksOff() {
        var script = Script.watching()
        script.play(.watchEnded(failure(.expired)), at: 5)
        script.play(.page(page(["a"], version: "10")), at: 5)
        #expect(script.play(.watchEnded(failure(.expired)), at: 6) == ["wait 1.0 seconds", "relisting"])
        #expect(script.play(.waited, at: 7) == ["list notOlderThan(\"10\")"])
    }

    @Test func serverWithOlderDatabaseIsListedFreshly() {
        var script = Script.watching()
        script.play(.watchEnded(failure(.expired)), at: 5)
        #expect(script.play(.listFailed(failure(.resourceVersionTooLarge)), at: 6) == ["list mostRecent", "relisting"])
        #expect(script.play(.page(page(["a"], version: "3")), at: 6) == ["replaced a", "watch from 3"])
    }

    @Test(arguments: [KubernetesError.Code.resourceVersionTooLarge, .badRequest, .notFound])
    func watchFromAnImpossiblePlaceListsFreshly(_ code: KubernetesError.Code) {
        var script = Script.watching()
        #expect(script.play(.watchEnded(failure(code)), at: 5) == ["wait 1.0 seconds", "relisting"])
        #expect(script.play(.waited, at: 6) == ["list mostRecent limit 2"])
    }

    @Test(arguments: [KubernetesError.Code.malformedResponse, .tooLarge])
    func lostEventRelists(_ code: KubernetesError.Code) {
        var script = Script.watching()
        #expect(script.play(.watchEnded(failure(code)), at: 5) == ["wait 1.0 seconds", "relisting"])
        #expect(script.play(.waited, at: 6) == ["list notOlderThan(\"10\")"])
    }

    @Test(arguments: [
        KubernetesError.Code.connectionFailed, .connectionLost, .idle, .forbidden, .unauthorized, .serverError,
        .timedOut, .tlsFailed, .unexpectedStatus, .tooManyRequests,
    ])
    func failedWatchGoesOnAtTheSamePlaceOnceTheServerKnowsIt(_ code: KubernetesError.Code) {
        var script = Script.watching()
        script.play(.event(.applied(service("b", version: "11"))))
        #expect(script.play(.watchEnded(failure(code)), at: 5) == ["wait 1.0 seconds"])
        #expect(script.play(.waited, at: 6) == ["list notOlderThan(\"11\") limit 1"])
        #expect(script.play(.page(page(["any"], version: "11")), at: 6) == ["watch from 11"])
    }

    @Test func serverThatWasAwayIsAskedWhetherItKnowsThePlace() {
        var script = Script.watching()
        #expect(script.play(.watchEnded(failure(.connectionFailed)), at: 5) == ["wait 1.0 seconds"])
        #expect(script.play(.waited, at: 6) == ["list notOlderThan(\"10\") limit 1"])
        #expect(script.play(.listFailed(failure(.forbidden)), at: 6) == ["wait 2.0 seconds"])
        #expect(script.play(.waited, at: 8) == ["list notOlderThan(\"10\") limit 1"])
        #expect(script.play(.page(page(["a"], version: "12", next: "T")), at: 8) == ["watch from 10"])
    }

    @Test func serverThatCameBackOlderIsListedFreshly() {
        for answer in [failure(.resourceVersionTooLarge), failure(.expired)] {
            var script = Script.watching()
            script.play(.watchEnded(failure(.connectionFailed)), at: 5)
            script.play(.waited, at: 6)
            #expect(script.play(.listFailed(answer), at: 6) == ["wait 2.0 seconds", "relisting"])
            #expect(script.play(.waited, at: 8) == ["list notOlderThan(\"10\")"])
            #expect(
                script.play(.listFailed(failure(.resourceVersionTooLarge)), at: 8) == ["list mostRecent", "relisting"])
            #expect(script.play(.page(page(["b"], version: "9")), at: 8) == ["replaced b", "watch from 9"])
        }
    }

    @Test func serverThatSaysItIsOlderIsListedFreshly() {
        var script = Script.watching()
        script.play(.watchEnded(failure(.connectionFailed)), at: 5)
        script.play(.waited, at: 6)
        #expect(script.play(.page(page(["a"], version: "9")), at: 6) == ["wait 2.0 seconds", "relisting"])
        #expect(script.play(.waited, at: 8) == ["list mostRecent limit 2"])
        #expect(script.play(.page(page(["b"], version: "9")), at: 8) == ["replaced b", "watch from 9"])
    }

    /// One of several servers, whose cache is some seconds behind: no list from etcd, and not before it asked for.
    @Test func serverThatLagsIsWaitedFor() {
        var script = Script.watching()
        script.play(.watchEnded(failure(.connectionLost)), at: 5)
        script.play(.waited, at: 6)
        script.play(.listFailed(failure(.resourceVersionTooLarge, retryAfter: .seconds(7))), at: 6)
        #expect(script.log.contains { $0.hasPrefix("wait 7.") })
        #expect(script.play(.waited, at: 14) == ["list notOlderThan(\"10\")"])
        #expect(script.play(.page(page(["a", "b"], version: "11")), at: 14) == ["replaced a,b", "watch from 11"])
    }

    @Test func watchThatEndsAtOnceIsNotRepeatedInARush() {
        var script = Script.watching()
        #expect(script.play(.watchEnded(nil), at: 0) == ["wait 1.0 seconds"])
        #expect(script.play(.waited, at: 1) == ["list notOlderThan(\"10\") limit 1"])
    }

    @Test func watchThatEndsBeforeItsTimeIsNotTrusted() {
        var script = Script.watching()
        script.play(.event(.bookmark(resourceVersion: "12")), at: 1)
        #expect(script.play(.watchEnded(nil), at: 100) == ["list notOlderThan(\"12\") limit 1"])
        #expect(script.play(.page(page([], version: "12")), at: 100) == ["watch from 12"])
    }

    @Test func watchThatNeverSpokeIsNotTrusted() {
        var script = Script.watching()
        #expect(script.play(.watchEnded(nil), at: 290) == ["list notOlderThan(\"10\") limit 1"])
        #expect(
            script.play(.listFailed(failure(.resourceVersionTooLarge)), at: 291) == ["wait 1.0 seconds", "relisting"])
    }

    @Test func eventFromThePastListsFreshly() {
        var script = Script.watching()
        #expect(
            script.play(.event(.applied(service("b", version: "9"))), at: 5)
                == ["list mostRecent limit 2", "relisting"])
        script.play(.page(page(["b"], version: "9")), at: 5)
        script.play(.watchOpened, at: 5)
        // Once more so soon, it waits.
        #expect(
            script.play(.event(.bookmark(resourceVersion: "8")), at: 6) == ["wait 1.0 seconds", "relisting"])
        #expect(script.play(.waited, at: 7) == ["list mostRecent limit 2"])
    }

    @Test func deletionWithAnOldVersionCountsButDoesNotMoveThePlace() {
        var script = Script.watching()
        #expect(script.play(.event(.deleted(service("a", version: "3"))), at: 5) == ["deleted a"])
        #expect(script.play(.watchEnded(nil), at: 290) == ["watch from 10"])
    }

    @Test func serverThatWasNotHeardForLongIsListedAnew() {
        var script = Script.watching()
        script.play(.event(.applied(service("b", version: "11"))), at: 100)
        script.play(.watchEnded(failure(.connectionLost)), at: 110)
        script.play(.waited, at: 111)
        script.play(.listFailed(failure(.connectionFailed)), at: 699)
        #expect(script.play(.waited, at: 700) == ["list notOlderThan(\"11\") limit 1"])
        script.play(.listFailed(failure(.connectionFailed)), at: 700)
        // All nodes come to this together: after the wait that has grown, and from the server's cache.
        #expect(script.play(.waited, at: 702) == ["wait 4.0 seconds", "relisting"])
        #expect(script.play(.waited, at: 706) == ["list notOlderThan(\"11\")"])
    }

    @Test(arguments: [-1_000_000, 1_000_000])
    func jumpOfTheClockNeitherTrapsNorStops(_ jump: Int) {
        var script = Script.watching()
        #expect(script.play(.watchEnded(failure(.connectionLost)), at: jump) == ["wait 1.0 seconds"])
        // Forwards, it looks as if the server was not heard for long, which costs another wait.
        if jump > 0 { #expect(script.play(.waited, at: jump + 1).first?.hasPrefix("wait") == true) }
        #expect(script.play(.waited, at: jump + 9).first?.hasPrefix("list") == true)
        #expect(script.play(.listFailed(failure(.serverError)), at: 2).first?.hasPrefix("wait") == true)
    }

    @Test func waitsGrowToTheCap() {
        var script = Script.watching()
        var waits: [String] = []
        for second in 0..<6 {
            waits += script.play(.watchEnded(failure(.connectionLost)), at: second)
            script.play(.waited, at: second)
            script.play(.page(page([], version: "10")), at: second)
        }
        #expect(waits == [1, 2, 4, 8, 10, 10].map { "wait \($0).0 seconds" })
    }

    @Test func waitsBeginAnewAfterAQuietSpell() {
        var script = Script.watching()
        for second in 0..<4 {
            script.play(.watchEnded(failure(.connectionLost)), at: second)
            script.play(.waited, at: second)
            script.play(.page(page([], version: "10")), at: second)
        }
        #expect(script.play(.watchEnded(failure(.connectionLost)), at: 100) == ["wait 1.0 seconds"])
    }

    @Test func retryAfterIsObeyed() {
        var script = Script()
        script.play(.start)
        #expect(script.play(.listFailed(failure(.tooManyRequests, retryAfter: .seconds(42)))).count == 1)
        #expect(script.log.last?.hasPrefix("wait 42.") == true)
        #expect(script.play(.waited, at: 43) == ["list mostRecent limit 2"])
    }

    @Test func jitterShortensWaitsAndIsRepeatable() {
        var first = Script(jitter: 0.5)
        var second = Script(jitter: 0.5)
        first.play(.start)
        second.play(.start)
        let wait = first.play(.listFailed(failure(.serverError)))
        #expect(wait == second.play(.listFailed(failure(.serverError))))
        #expect(wait != ["wait 1.0 seconds"])
    }

    @Test func lateInputsAreIgnored() {
        var script = Script.watching()
        script.play(.watchEnded(failure(.connectionLost)), at: 5)
        #expect(script.play(.event(.applied(service("late", version: "77"))), at: 5) == [])
        #expect(script.play(.watchEnded(nil), at: 5) == [])
        #expect(script.play(.page(page(["late"], version: "77")), at: 5) == [])
        #expect(script.play(.start, at: 5) == [])
        #expect(script.play(.waited, at: 6) == ["list notOlderThan(\"10\") limit 1"])
    }

    @Test func serverTimeoutIsJitteredDownwards() throws {
        var timeouts: Set<Duration> = []
        for seed in 0..<20 as Range<UInt64> {
            var machine = ListWatchMachine<Service>(settings: .init(), seed: seed)
            _ = machine.handle(.start, at: .zero)
            guard case .watch(let query)? = machine.handle(.page(page([], version: "1")), at: .zero).next else {
                Issue.record("no watch")
                return
            }
            #expect(query.serverTimeout <= .seconds(290) && query.serverTimeout >= .seconds(232))
            timeouts.insert(query.serverTimeout)
        }
        #expect(timeouts.count > 10)
    }

    /// Whatever the order of failures, a consumer never sees a set that no complete list or event gave it.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func replacementsOnlyComeFromCompleteLists(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var machine = ListWatchMachine<Service>(settings: .init(), seed: seed)
        let codes: [KubernetesError.Code] = [
            .expired, .connectionLost, .serverError, .badRequest, .resourceVersionTooLarge, .malformedResponse, .idle,
            .connectionFailed,
        ]
        var now = Duration.zero
        var operation = machine.handle(.start, at: now).next
        var parts: [String] = []
        var version = 0
        for turn in 0..<200 {
            now += .milliseconds(Int.random(in: 0..<5000, using: &generator))
            let fails = Bool.random(using: &generator)
            let code = codes.randomElement(using: &generator) ?? .idle
            let input: ListWatchMachine<Service>.Input
            switch operation {
            case .list(let query)?:
                if query.continueToken == nil { parts = [] }
                if query.limit == 1 {
                    input = fails ? .listFailed(failure(code)) : .page(page(["probe"], version: "\(turn * 3)"))
                } else if fails {
                    input = .listFailed(failure(code))
                } else {
                    parts.append("s\(turn)")
                    if parts.count == 1 { version = turn }
                    input = .page(page(["s\(turn)"], version: "\(version)", next: parts.count < 3 ? "T" : nil))
                }
            case .watch?: input = .watchEnded(fails ? failure(code) : nil)
            case .wait?: input = .waited
            case nil:
                Issue.record("the machine stopped")
                return
            }
            let step = machine.handle(input, at: now)
            for case .replaced(let all, _) in step.changes {
                #expect(all.map(\.metadata.name) == parts && parts.count == 3)
            }
            operation = step.next
        }
    }
}

@Suite struct RefusalSpellTests {
    @Test func refusalThatLastsIsReported() {
        var spell = RefusalSpell()
        #expect(spell.note(failure(.forbidden), at: .seconds(100)) == nil)
        #expect(spell.note(failure(.unauthorized), at: .seconds(109)) == nil)
        #expect(spell.note(failure(.forbidden), at: .seconds(110)) == .seconds(10))
        #expect(spell.note(failure(.forbidden), at: .seconds(140)) == .seconds(40))
    }

    @Test(arguments: [nil, failure(.connectionLost)])
    func anythingElseEndsTheSpell(_ other: KubernetesError?) {
        var spell = RefusalSpell()
        #expect(spell.note(failure(.forbidden), at: .seconds(1)) == nil)
        #expect(spell.note(other, at: .seconds(9)) == nil)
        #expect(spell.note(failure(.forbidden), at: .seconds(12)) == nil)
        #expect(spell.note(failure(.forbidden), at: .seconds(22)) == .seconds(10))
    }
}
