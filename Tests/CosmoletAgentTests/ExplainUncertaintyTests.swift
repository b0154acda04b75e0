import Announcements
import Foundation
import NetworkTypes
import Northbound
import Testing

@testable import CosmoletAgent

/// What an explanation says while FRR does not carry the plan out: nothing that may be untrue.
@Suite struct ExplainUncertaintyTests {
    private let prefix = ExplainScene.prefix

    private func only(_ explanation: Explanation) throws -> Explanation.VIP {
        #expect(explanation.services.count == 1)
        let vips = try #require(explanation.services.first?.vips)
        #expect(vips.count == 1)
        return try #require(vips.first)
    }

    /// The pager is not to get a green answer from an FRR that is dead.
    @Test(arguments: [true, false])
    func nothingIsSaidToBeAnnouncedWhileFRRCannotBeReached(isAnnounced: Bool) throws {
        var scene = ExplainScene()
        if !isAnnounced { scene.endpoints = [] }
        scene.lost = "mgmtd closed the connection"
        let explanation = scene.explain()
        let vip = try only(explanation)
        #expect(vip.state == .unknown)
        #expect(vip.isAnnounced == nil)
        #expect(vip.runningClass == (isAnnounced ? "default" : nil))
        #expect(vip.error == "mgmtd closed the connection")
        #expect(explanation.hasUnknown && !explanation.announcesAll)
        let lines = explanation.text.split(separator: "\n")
        #expect(
            lines[0].hasPrefix(
                "It is not known whether 198.51.100.10 (shop/web) is announced from here: FRR cannot be reached"))
        #expect(lines[1] == "CAUTION: FRR cannot be reached and was last read 0 s ago: mgmtd closed the connection.")
        #expect(explanation.text.contains("loadBalancer of shop/web: not known whether announced"))
    }

    @Test func whatNobodyHasIsNotKnownEitherWhileFRRCannotBeReached() throws {
        var scene = ExplainScene()
        scene.running = [ExplainScene.network("198.51.100.77/32", .manual)]
        scene.lost = "gone"
        let explanation = scene.explain(ExplainQuery(.vip(IPAddress("198.51.100.77")!)))
        #expect(explanation.others.map(\.state) == [.unknown])
        #expect(explanation.hasUnknown && !explanation.announcesAll)
        #expect(explanation.text.hasPrefix("It is not known whether 198.51.100.77/32 is announced from here: "))
    }

    @Test func configuredButNotInstalledIsNotAnnounced() throws {
        var scene = ExplainScene()
        scene.ledger.uninstalled = [prefix]
        let explanation = scene.explain()
        let vip = try only(explanation)
        #expect(vip.state == .notInstalled)
        #expect(vip.isAnnounced == false)
        #expect(vip.runningClass == "default")
        // Whoever is the provider: with the module staticd and zebra have no part in it.
        #expect(vip.advice.contains("staticd") && vip.advice.contains("route-map"))
        #expect(!explanation.announcesAll && !explanation.hasUnknown)
        #expect(
            explanation.text.hasPrefix(
                "198.51.100.10 (shop/web) is NOT announced from here: FRR has it configured with class default, but it is"
            ))
    }

    @Test func whatNobodyHasAndIsNotInstalledIsNotAnnounced() throws {
        var scene = ExplainScene()
        scene.running = [ExplainScene.network("198.51.100.77/32", .manual)]
        scene.ledger.uninstalled = [try IPPrefix("198.51.100.77/32")]
        let explanation = scene.explain(ExplainQuery(.vip(IPAddress("198.51.100.77")!)))
        #expect(explanation.others.map(\.state) == [.notInstalled])
        #expect(explanation.others.first?.advice.contains("route-map") == true)
        #expect(!explanation.announcesAll && !explanation.hasUnknown)
        #expect(explanation.text.hasPrefix("198.51.100.77/32 is NOT announced from here: "))
    }

    @Test func rulesThatWaitAreNamed() {
        var scene = ExplainScene()
        #expect(!scene.explain().text.contains("newer configuration"))
        scene.ledger.hasNextRules = true
        let explanation = scene.explain()
        #expect(explanation.hasWaitingRules)
        #expect(explanation.text.contains("rules      of a newer configuration wait until Namespaces have been listed"))
    }

    @Test func unknownBeforeFRRWasRead() throws {
        var ledger = ReconcileLedger()
        ledger.failed("mgmtd's socket /x: no such file", isConnected: false)
        let explanation = ExplanationBuilder(
            ExplainSnapshot(facts: ExplainScene().store, ledger: ledger, now: .zero), node: "here", watches: []
        ).build(ExplainQuery(.vip(prefix.address)))
        let vip = try only(explanation)
        #expect(vip.state == .unknown)
        #expect(vip.isAnnounced == nil)
        #expect(explanation.hasUnknown && !explanation.announcesAll)
        #expect(vip.error == "mgmtd's socket /x: no such file")
        let lines = explanation.text.split(separator: "\n")
        #expect(
            lines[0].hasPrefix("It is not known whether 198.51.100.10 (shop/web) is announced from here: FRR has not")
        )
        #expect(
            lines[1] == "CAUTION: FRR cannot be reached and has not been read yet: mgmtd's socket /x: no such file.")
        // Nor of all, though there is no plan to list.
        let all = ExplanationBuilder(
            ExplainSnapshot(facts: ExplainScene().store, ledger: ledger, now: .zero), node: "here", watches: []
        ).build(ExplainQuery(.all))
        #expect(all.text.hasPrefix("It is not known which of 1 VIPs of 1 Services are announced from here."))
        #expect(explanation.frr == Explanation.FRR(isConnected: false, error: "mgmtd's socket /x: no such file"))
    }
}
