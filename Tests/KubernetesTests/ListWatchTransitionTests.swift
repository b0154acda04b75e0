import Testing

@testable import Kubernetes

/// Everything that can happen to a machine whose place is 10, by name.
private enum Happening {
    typealias Input = ListWatchMachine<Service>.Input

    /// One failure of each meaning.
    static let failures: [(name: String, error: KubernetesError)] = [
        ("expired", failure(.expired)), ("ahead", failure(.resourceVersionTooLarge)),
        ("refused", failure(.badRequest)), ("garbled", failure(.malformedResponse)),
        ("busy", failure(.tooManyRequests)), ("away", failure(.connectionLost)),
    ]

    static let all: [(name: String, input: Input)] =
        [
            ("start", .start), ("opened", .watchOpened), ("waited", .waited), ("end", .watchEnded(nil)),
            ("page", .page(page(["p"], version: "10"))), ("page, more", .page(page(["p"], version: "10", next: "T2"))),
            ("page of 9", .page(page(["p"], version: "9"))),
            ("applied", .event(.applied(service("b", version: "11")))),
            ("applied of 9", .event(.applied(service("b", version: "9")))),
            ("deleted", .event(.deleted(service("a", version: "11")))),
            ("deleted of 9", .event(.deleted(service("a", version: "9")))),
            ("unreadable", .event(.invalid(broken("11")))), ("unreadable of 9", .event(.invalid(broken("9")))),
            ("bookmark", .event(.bookmark(resourceVersion: "11"))),
            ("bookmark of 9", .event(.bookmark(resourceVersion: "9"))),
        ]
        + failures.map { ("no page: \($0.name)", .listFailed($0.error)) }
        + failures.map { ("ERROR: \($0.name)", .event(.error($0.error))) }
        + failures.map { ("end: \($0.name)", .watchEnded($0.error)) }

    private static func broken(_ version: String) -> InvalidObject {
        InvalidObject(name: ObjectName(namespace: "n", name: "x"), reason: "bad", resourceVersion: version)
    }
}

/// A state, how to get there, and what each input does in it. What has no row is ignored, and is said to be.
private struct Situation: Sendable, CustomTestStringConvertible {
    var name: String
    var state: ListWatchMachine<Service>.StateName
    /// Names of `Happening`.
    var story: [String]
    /// `what happens -> what the machine does => the state after`, a line each. `then` is what follows a wait.
    var table: String
    var ignored: [String]
    /// When it happens; the story is at 0.
    var second = 5

    var testDescription: String { name }

    static let events = [
        "applied", "applied of 9", "deleted", "deleted of 9", "unreadable", "unreadable of 9", "bookmark",
        "bookmark of 9",
    ]
    static let errorEvents = Happening.failures.map { "ERROR: \($0.name)" }
    static let noPage = Happening.failures.map { "no page: \($0.name)" }
    static let ends = ["end"] + Happening.failures.map { "end: \($0.name)" }
    static let pages = ["page", "page, more", "page of 9"]

    static let watchTable = """
        applied -> applied b => watching
        applied of 9 -> list mostRecent limit 2; relisting => listing
        deleted -> deleted a => watching
        deleted of 9 -> deleted a => watching
        unreadable -> invalid n/x: bad => watching
        unreadable of 9 -> list mostRecent limit 2; relisting => listing
        bookmark -> nothing => watching
        bookmark of 9 -> list mostRecent limit 2; relisting => listing

        """ + endTable("ERROR") + "\n" + endTable("end")

    static func endTable(_ what: String) -> String {
        """
        \(what): expired -> list notOlderThan("10"); relisting => listing
        \(what): ahead -> wait; relisting; then list mostRecent limit 2 => waitingToList
        \(what): refused -> wait; relisting; then list mostRecent limit 2 => waitingToList
        \(what): garbled -> wait; relisting; then list notOlderThan("10") => waitingToList
        \(what): busy -> wait; reconnecting; then list notOlderThan("10") limit 1 => waitingToVerify
        \(what): away -> wait; reconnecting; then list notOlderThan("10") limit 1 => waitingToVerify
        """
    }

    static let all: [Situation] = [
        Situation(
            name: "new", state: .idle, story: [],
            table: "start -> list mostRecent limit 2 => listing",
            ignored: ["opened", "waited"] + pages + noPage + events + errorEvents + ends),
        Situation(
            name: "first page asked for", state: .listing, story: ["start"],
            table: """
                page -> replaced p; watch from 10; listed 1 and 0 => opening
                page, more -> list mostRecent limit 2 continue T2 => listingFurther
                page of 9 -> replaced p; watch from 9; listed 1 and 0 => opening
                no page: expired -> list mostRecent; relisting => listing
                no page: ahead -> list mostRecent; relisting => listing
                no page: refused -> wait; list failed; then list mostRecent limit 2 => waitingToList
                no page: garbled -> wait; list failed; then list mostRecent limit 2 => waitingToList
                no page: busy -> wait; list failed; then list mostRecent limit 2 => waitingToList
                no page: away -> wait; list failed; then list mostRecent limit 2 => waitingToList
                """,
            ignored: ["start", "opened", "waited"] + events + errorEvents + ends),
        Situation(
            name: "further page asked for", state: .listingFurther, story: ["start", "page, more"],
            table: """
                page -> replaced p,p; watch from 10; listed 2 and 0 => opening
                page, more -> list mostRecent limit 2 continue T2 => listingFurther
                page of 9 -> wait; list failed; then list mostRecent limit 2 => waitingToList
                no page: expired -> list mostRecent; relisting => listing
                no page: ahead -> list mostRecent; relisting => listing
                no page: refused -> wait; list failed; then list mostRecent limit 2 => waitingToList
                no page: garbled -> wait; list failed; then list mostRecent limit 2 => waitingToList
                no page: busy -> wait; list failed; then list mostRecent limit 2 continue T2 => waitingToList
                no page: away -> wait; list failed; then list mostRecent limit 2 => waitingToList
                """,
            ignored: ["start", "opened", "waited"] + events + errorEvents + ends),
        Situation(
            name: "further page of a new list asked for", state: .listingFurther,
            story: ["start", "page", "opened", "ERROR: expired", "page, more"],
            table: """
                page -> replaced p,p; watch from 10; listed 2 and 0 => opening
                page, more -> list notOlderThan("10") continue T2 => listingFurther
                page of 9 -> wait; list failed; then list mostRecent limit 2 => waitingToList
                no page: expired -> list mostRecent; relisting => listing
                no page: ahead -> list mostRecent; relisting => listing
                no page: refused -> wait; list failed; then list mostRecent limit 2 => waitingToList
                no page: garbled -> wait; list failed; then list mostRecent limit 2 => waitingToList
                no page: busy -> wait; list failed; then list notOlderThan("10") continue T2 => waitingToList
                no page: away -> wait; list failed; then list notOlderThan("10") => waitingToList
                """,
            ignored: ["start", "opened", "waited"] + events + errorEvents + ends),
        Situation(
            name: "all in one page asked for", state: .listing, story: ["start", "no page: expired"],
            table: """
                page -> replaced p; watch from 10; listed 1 and 0 => opening
                page, more -> list mostRecent continue T2 => listingFurther
                page of 9 -> replaced p; watch from 9; listed 1 and 0 => opening
                no page: expired -> wait; list failed; then list mostRecent => waitingToList
                no page: ahead -> wait; list failed; then list mostRecent => waitingToList
                no page: refused -> wait; list failed; then list mostRecent limit 2 => waitingToList
                no page: garbled -> wait; list failed; then list mostRecent limit 2 => waitingToList
                no page: busy -> wait; list failed; then list mostRecent => waitingToList
                no page: away -> wait; list failed; then list mostRecent => waitingToList
                """,
            ignored: ["start", "opened", "waited"] + events + errorEvents + ends),
        Situation(
            name: "watch asked for", state: .opening, story: ["start", "page"],
            table: """
                opened -> connected => watching
                end -> wait; reconnecting; then list notOlderThan("10") limit 1 => waitingToVerify
                \(endTable("end"))
                """,
            ignored: ["start", "waited"] + pages + noPage + events + errorEvents),
        Situation(
            name: "watch open, silent so far", state: .watching, story: ["start", "page", "opened"],
            table: watchTable + """

                end -> list notOlderThan("10") limit 1; reconnecting => verifying
                """,
            ignored: ["start", "opened", "waited"] + pages + noPage),
        Situation(
            name: "watch open, has spoken, not over yet", state: .watching,
            story: ["start", "page", "opened", "deleted of 9"],
            table: watchTable + """

                end -> list notOlderThan("10") limit 1; reconnecting => verifying
                """,
            ignored: ["start", "opened", "waited"] + pages + noPage),
        Situation(
            name: "watch open, has spoken, its time is over", state: .watching,
            story: ["start", "page", "opened", "deleted of 9"],
            table: watchTable + """

                end -> watch from 10; reconnecting => opening
                """,
            ignored: ["start", "opened", "waited"] + pages + noPage, second: 290),
        Situation(
            name: "watch open, silent, its time is over", state: .watching, story: ["start", "page", "opened"],
            table: watchTable + """

                end -> list notOlderThan("10") limit 1; reconnecting => verifying
                """,
            ignored: ["start", "opened", "waited"] + pages + noPage, second: 290),
        Situation(
            name: "watch open for less than a second", state: .watching,
            story: ["start", "page", "opened", "deleted of 9"],
            table: watchTable + """

                end -> wait; reconnecting; then list notOlderThan("10") limit 1 => waitingToVerify
                """,
            ignored: ["start", "opened", "waited"] + pages + noPage, second: 0),
        Situation(
            name: "asking whether the place is known", state: .verifying,
            story: ["start", "page", "opened", "end: away", "waited"],
            table: """
                page -> watch from 10 => opening
                page, more -> watch from 10 => opening
                page of 9 -> wait; relisting; then list mostRecent limit 2 => waitingToList
                no page: expired -> wait; relisting; then list notOlderThan("10") => waitingToList
                no page: ahead -> wait; relisting; then list notOlderThan("10") => waitingToList
                no page: refused -> wait; relisting; then list mostRecent limit 2 => waitingToList
                no page: garbled -> wait; list failed; then list notOlderThan("10") limit 1 => waitingToVerify
                no page: busy -> wait; list failed; then list notOlderThan("10") limit 1 => waitingToVerify
                no page: away -> wait; list failed; then list notOlderThan("10") limit 1 => waitingToVerify
                """,
            ignored: ["start", "opened", "waited"] + events + errorEvents + ends),
        Situation(
            name: "waiting to list", state: .waitingToList, story: ["start", "no page: away"],
            table: "waited -> list mostRecent limit 2 => listing",
            ignored: ["start", "opened"] + pages + noPage + events + errorEvents + ends),
        Situation(
            name: "waiting to ask", state: .waitingToVerify, story: ["start", "page", "opened", "end: away"],
            table: #"waited -> list notOlderThan("10") limit 1 => verifying"#,
            ignored: ["start", "opened"] + pages + noPage + events + errorEvents + ends),
    ]

    /// What the table says of each input it names.
    var rows: [(input: String, effect: String)] {
        table.split(separator: "\n").map { line in
            let parts = line.split(separator: " -> ", maxSplits: 1).map(String.init)
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
    }
}

/// Each state of the machine against each input.
@Suite struct ListWatchTransitionTests {
    private func input(_ name: String) throws -> ListWatchMachine<Service>.Input {
        try #require(Happening.all.first { $0.name == name }, "no input \(name)").input
    }

    private func script(_ situation: Situation) throws -> Script {
        var script = Script()
        script.showsAllNotices = true
        for name in situation.story { script.play(try input(name), at: 0) }
        return script
    }

    @Test func eachPairOfStateAndInputIsInTheTable() {
        #expect(Set(Situation.all.map(\.state)) == Set(ListWatchMachine<Service>.StateName.allCases))
        #expect(Happening.failures.map(\.error.meaning) == FailureMeaning.allCases)
        let names = Happening.all.map(\.name)
        #expect(Set(names).count == names.count)
        for situation in Situation.all {
            let covered = situation.rows.map(\.input) + situation.ignored
            #expect(Set(covered) == Set(names), "\(situation.name)")
            #expect(covered.count == names.count, "\(situation.name): an input is there twice")
        }
    }

    @Test(arguments: Situation.all)
    private func storyLeadsToTheState(_ situation: Situation) throws {
        #expect(try script(situation).machine.stateName == situation.state)
    }

    @Test(arguments: Situation.all)
    private func tableIsWhatTheMachineDoes(_ situation: Situation) throws {
        for (name, expected) in situation.rows {
            var script = try script(situation)
            let wait = "wait "
            var lines = script.play(try input(name), at: situation.second).map { $0.hasPrefix(wait) ? "wait" : $0 }
            let state = script.machine.stateName
            if lines.contains("wait") { lines += script.play(.waited, at: situation.second + 4).map { "then \($0)" } }
            let effect = lines.isEmpty ? "nothing" : lines.joined(separator: "; ")
            #expect("\(effect) => \(state)" == expected, "\(situation.name): \(name)")
        }
    }

    @Test(arguments: Situation.all)
    private func whatDoesNotFitIsIgnored(_ situation: Situation) throws {
        for name in situation.ignored {
            var script = try script(situation)
            #expect(script.play(try input(name), at: situation.second) == [], "\(situation.name): \(name)")
            // Not only silently: the next fitting input finds the machine as if nothing had come.
            var undisturbed = try self.script(situation)
            let (next, _) = try #require(situation.rows.first)
            let second = situation.second + 1
            #expect(script.play(try input(next), at: second) == undisturbed.play(try input(next), at: second))
        }
    }

    @Test(arguments: [
        (KubernetesError.Code.expired, FailureMeaning.expired), (.resourceVersionTooLarge, .ahead),
        (.badRequest, .refused), (.notFound, .refused), (.malformedResponse, .garbled), (.tooLarge, .garbled),
        (.tooManyRequests, .busy), (.connectionFailed, .away), (.connectionLost, .away), (.tlsFailed, .away),
        (.timedOut, .away), (.idle, .away), (.serverError, .away), (.unauthorized, .away), (.forbidden, .away),
        (.unexpectedStatus, .away), (.conflict, .away), (.invalidRequest, .away), (.configuration, .away),
    ])
    func eachCodeHasItsMeaning(_ code: KubernetesError.Code, _ meaning: FailureMeaning) {
        #expect(failure(code).meaning == meaning)
    }
}
