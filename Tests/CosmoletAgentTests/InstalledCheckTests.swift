import Logging
import Northbound
import Testing

@testable import CosmoletAgent

@Suite struct InstalledCheckTests {
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let one = ExplainScene.network("198.51.100.1/32")
    private let two = ExplainScene.network("198.51.100.2/32")

    @Test func whatIsMissingTwiceInARowLasts() {
        var check = InstalledCheck()
        check.look(running: [one, two], installed: [one], logger: quiet)
        #expect(check.lasting.isEmpty, "it may have been configured just now")
        check.look(running: [one, two], installed: [two], logger: quiet)
        #expect(check.lasting.isEmpty, "each was missing once")
        check.look(running: [one, two], installed: [], logger: quiet)
        #expect(check.lasting == [one])
        check.look(running: [two], installed: [], logger: quiet)
        #expect(check.lasting == [two])
        check.look(running: [two], installed: [two], logger: quiet)
        #expect(check.lasting.isEmpty)
    }

    @Test func whatWasWithdrawnTakesItsTimeAgain() {
        var check = InstalledCheck()
        for _ in 1...2 { check.look(running: [one, two], installed: [], logger: quiet) }
        check.forget(allBut: [two])
        #expect(check.lasting == [two])
        check.look(running: [one, two], installed: [], logger: quiet)
        #expect(check.lasting == [two], "the other one was announced anew just now")
        check.look(running: [one, two], installed: [], logger: quiet)
        #expect(check.lasting == [one, two])
    }
}
