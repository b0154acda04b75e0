import Announcements
import Foundation
import NetworkTypes
import Northbound
import Testing

@testable import CosmoletAgent

/// What FRR runs beside what is wanted, and which objects a query is about.
@Suite struct ExplanationTests {
    private let prefix = ExplainScene.prefix

    private func only(_ explanation: Explanation) throws -> Explanation.VIP {
        #expect(explanation.services.count == 1)
        let vips = try #require(explanation.services.first?.vips)
        #expect(vips.count == 1)
        return try #require(vips.first)
    }

    private func result(_ outcome: CommitOutcome) -> CommitResult {
        CommitResult(outcome: outcome, transactionID: "t1")
    }

    private func transaction() -> Transaction {
        Transaction(id: "r1", edits: [.set(Network(prefix: prefix))])
    }

    // MARK: - States

    @Test func announced() throws {
        let explanation = ExplainScene().explain()
        let vip = try only(explanation)
        #expect(vip.state == .announced)
        #expect(vip.isAnnounced == true)
        #expect(vip.wantedClass == "default")
        #expect(vip.runningClass == "default")
        #expect(explanation.announcesAll)
        #expect(explanation.text.hasPrefix("198.51.100.10 (shop/web) is announced from here: "))
    }

    @Test func pendingUntilTheTransactionIsThere() throws {
        let vip = try only(ExplainScene().explain(applies: false))
        #expect(vip.state == .pending)
        #expect(vip.isAnnounced == false)
        #expect(vip.wantedClass == "default")
        #expect(vip.stateExplanation.contains("a transaction is due"))
    }

    @Test func refusedWithTheErrorOfFRR() throws {
        var scene = ExplainScene()
        let error = ManagementErrorSummary(ManagementError(.rejected, "table 1790 has a static route that is not ours"))
        scene.ledger.committed(
            transaction(), result(.rejected(error)), running: nil, at: .zero, time: Date(timeIntervalSince1970: 0))
        let explanation = scene.explain(applies: false)
        let vip = try only(explanation)
        #expect(vip.state == .refused)
        #expect(vip.error == "table 1790 has a static route that is not ours")
        #expect(vip.transaction?.outcome == "rejected")
        #expect(vip.transaction?.time == "1970-01-01T00:00:00Z")
        #expect(vip.transaction?.edit == "+198.51.100.10/32 default")
        #expect(!explanation.announcesAll)
        #expect(
            explanation.text.hasPrefix("198.51.100.10 (shop/web) is NOT announced from here: FRR does not announce"))
    }

    @Test func aLockIsNoRefusal() throws {
        var scene = ExplainScene()
        let error = ManagementErrorSummary(ManagementError(.locked, "running is locked by somebody else"))
        scene.ledger.committed(transaction(), result(.rejected(error)), running: nil, at: .zero, time: Date())
        let vip = try only(scene.explain(applies: false))
        #expect(vip.state == .pending)
        #expect(vip.error == "running is locked by somebody else")
    }

    @Test func announcedByHand() throws {
        var scene = ExplainScene()
        scene.running = [ExplainScene.network("198.51.100.10/32", .manual)]
        let vip = try only(scene.explain())
        #expect(vip.state == .byHand)
        #expect(vip.isAnnounced == true)
        #expect(vip.runningClass == "manual")
    }

    @Test func drainsWithTheTimeLeft() throws {
        var scene = ExplainScene()
        scene.node = NodeFacts(name: "here", annotations: NodeAnnotations(drains: true))
        scene.running = [ExplainScene.network("198.51.100.10/32", .drain)]
        let draining = try only(scene.explain(at: [.zero, .seconds(4)]))
        #expect(draining.state == .draining)
        #expect(draining.isAnnounced == true)
        #expect(draining.secondsLeft == 6)
        #expect(draining.reason == "DrainingNodeAnnotation")
        #expect(draining.classExplanation == ClassCause.drain.explanation)
        let drained = try only(scene.explain(at: [.zero, .seconds(10)]))
        #expect(drained.state == .notAnnounced)
        #expect(drained.reason == "DrainedNodeAnnotation")
        #expect(drained.stage == "drain")
        #expect(drained.endpoints?.counts == ["Ready": 1])
        #expect(drained.advice.contains("cosmolet undrain --node here"))
    }

    @Test func heldDownWithTheTimeLeft() throws {
        var scene = ExplainScene()
        scene.configuration.holdDown = HoldDown(changes: 2, window: .seconds(60), hold: .seconds(30))
        var store = scene.store
        var ledger = ReconcileLedger()
        ledger.opened()
        for (second, ready) in [(0, true), (1, false), (2, true)] {
            let slice = SliceFacts(
                id: SliceID(namespace: "shop", name: "web-1"), service: ExplainScene.web,
                endpoints: [ExplainScene.endpoint("10.0.0.1", ready: ready)])
            _ = store.apply(.slice(slice))
            ledger.ran([], at: .seconds(second))
            ledger.planned(store.plan(running: [:], at: .seconds(second)))
        }
        let explanation = ExplanationBuilder(
            ExplainSnapshot(facts: store, ledger: ledger, now: .seconds(12)), node: "here", watches: []
        ).build(ExplainQuery(.vip(prefix.address)))
        let vip = try only(explanation)
        #expect(vip.reason == "HeldDown")
        #expect(vip.state == .notAnnounced)
        #expect(vip.secondsLeft == 20)
    }

    @Test func fuseHoldsAServiceAndWhatNobodyHas() throws {
        var scene = ExplainScene()
        scene.configuration.fuse = WithdrawalFuse(share: 10, minimum: 1, hold: .seconds(300))
        scene.endpoints = []
        scene.running = [ExplainScene.network("198.51.100.10/32"), ExplainScene.network("198.51.100.11/32")]
        let explanation = scene.explain(ExplainQuery(.all), at: [.zero, .seconds(100)])
        let vip = try only(explanation)
        #expect(vip.state == .heldByFuse)
        #expect(vip.isAnnounced == true)
        #expect(vip.reason == "NoEndpoints")
        #expect(vip.secondsLeft == 200)
        #expect(explanation.fuse == Explanation.Fuse(heldVIPs: 2, secondsLeft: 200))
        #expect(explanation.others.map(\.prefix) == ["198.51.100.11/32"])
        #expect(explanation.others.map(\.state) == [.heldByFuse])
        #expect(explanation.text.contains("release-fuse --node here"))
    }

    @Test func frozenKeepsWhatIsAnnounced() throws {
        var scene = ExplainScene()
        scene.node = nil
        scene.running = [ExplainScene.network("198.51.100.10/32"), ExplainScene.network("198.51.100.77/32")]
        let explanation = scene.explain()
        #expect(explanation.freeze?.code == "NodeGone")
        let vip = try only(explanation)
        #expect(vip.state == .frozen)
        #expect(vip.isAnnounced == true)
        #expect(vip.reason == nil)
        let stale = scene.explain(ExplainQuery(.vip(IPAddress("198.51.100.77")!)))
        #expect(stale.others.map(\.state) == [.frozen])
        // The address of a Service is not said to be nobody's because there is no plan.
        let all = scene.explain(ExplainQuery(.all))
        #expect(all.others.map(\.prefix) == ["198.51.100.77/32"])
        // Nor is it left out for that.
        #expect(all.services.map(\.service) == ["shop/web"])
        #expect(all.announcesAll)
        #expect(all.text.hasPrefix("Nothing is decided, and what was announced stays: "))
        #expect(all.text.contains(" 1 of 1 VIPs of 1 Services are announced from here.\n"))
    }

    @Test func frozenShowsEntriesOfKindsThatAreOn() throws {
        var scene = ExplainScene()
        scene.node = nil
        scene.service.addresses.append(AddressFact(kind: .clusterIP, text: "10.96.0.7"))
        scene.others = [
            ServiceFacts(
                id: ServiceID(namespace: "shop", name: "api"),
                addresses: [AddressFact(kind: .clusterIP, text: "10.96.0.8")])
        ]
        let vip = try only(scene.explain(ExplainQuery(.all)))
        #expect(vip.address == ExplainScene.vip && vip.state == .frozen)
    }

    @Test func staleIsWithdrawnNext() throws {
        var scene = ExplainScene()
        scene.running = [
            Network(prefix: prefix), ExplainScene.network("198.51.100.77/32"),
            ExplainScene.network("203.0.113.0/24", .manual),
        ]
        let explanation = scene.explain(ExplainQuery(.all), applies: false)
        #expect(explanation.others.map(\.state) == [.pending, .byHand])
        #expect(explanation.others[0].explanation.contains("withdrawn with the next transaction"))
    }

    @Test func newFactsWaitForAPlan() throws {
        let scene = ExplainScene()
        var store = scene.store
        var ledger = ReconcileLedger()
        ledger.opened()
        ledger.ran([Network(prefix: prefix)], at: .zero)
        ledger.planned(store.plan(running: [prefix.address: .default], at: .zero))
        _ = store.apply(.deletedSlice(SliceID(namespace: "shop", name: "web-1")))
        let explanation = ExplanationBuilder(
            ExplainSnapshot(facts: store, ledger: ledger, now: .zero), node: "here", watches: []
        ).build(ExplainQuery(.vip(prefix.address)))
        let vip = try only(explanation)
        #expect(vip.reason == "NoEndpoints")
        #expect(vip.state == .pending)
        #expect(vip.stateExplanation.contains("a new plan is due"))
    }

    // MARK: - Facts

    @Test func endpointsAreJudgedOneByOne() throws {
        var scene = ExplainScene()
        scene.service.externalTrafficPolicy = .local
        scene.endpoints = [
            ExplainScene.endpoint("10.0.0.9", node: "there"), ExplainScene.endpoint("fd00::1"),
            ExplainScene.endpoint("10.0.0.2", ready: false),
            ExplainScene.endpoint("10.0.0.3", ready: false, serving: true, terminating: true),
            ExplainScene.endpoint("10.0.0.4", node: nil),
        ]
        let vip = try only(scene.explain())
        #expect(vip.reason == "OnlyTerminatingOnNode")
        #expect(vip.policy == "Local")
        let endpoints = try #require(vip.endpoints)
        #expect(endpoints.shown.map(\.address) == ["10.0.0.3", "10.0.0.2", "fd00::1", "10.0.0.4", "10.0.0.9"])
        #expect(
            endpoints.shown.map(\.standing) == [
                "ServingWhileTerminating", "NotReady", "OtherFamily", "OtherNode", "OtherNode",
            ])
        #expect(Set(endpoints.shown.map(\.slice)) == ["web-1"])
        #expect(endpoints.counts == ["ServingWhileTerminating": 1, "NotReady": 1, "OtherFamily": 1, "OtherNode": 2])
    }

    @Test func aSharedAddressNamesTheOthers() throws {
        var scene = ExplainScene()
        scene.others = [
            ServiceFacts(
                id: ServiceID(namespace: "shop", name: "api"),
                addresses: [AddressFact(kind: .loadBalancer, text: ExplainScene.vip)])
        ]
        let explanation = scene.explain(ExplainQuery(.vip(prefix.address)))
        #expect(explanation.services.map(\.service) == ["shop/api", "shop/web"])
        let api = try #require(explanation.services.first?.vips.first)
        #expect(api.reason == "NoEndpoints")
        #expect(api.sharedWith == ["shop/web"])
        // By the other one.
        #expect(api.isAnnounced == true)
        #expect(api.state == .announced)
    }

    @Test func theLedgerForgetsWhatNobodyAnnounces() {
        var ledger = ReconcileLedger()
        for number in 0..<5000 {
            let prefix = IPPrefix(host: IPAddress("10.0.\(number / 256).\(number % 256)")!)
            ledger.committed(
                Transaction(id: "r\(number)", edits: [.remove(prefix)]), result(.applied), running: [], at: .zero,
                time: Date())
        }
        #expect(ledger.entries.count < 4200)
        #expect(ledger.entries[IPPrefix(host: IPAddress("10.0.19.135")!)]?.request == "r4999")
    }

    // MARK: - Text

    @Test func theFirstLineNamesWhatIsMissing() throws {
        var scene = ExplainScene()
        scene.service.addresses += [
            AddressFact(kind: .loadBalancer, text: "2001:db8::10"), AddressFact(kind: .clusterIP, text: "10.96.0.7"),
        ]
        let text = scene.explain().text
        let first = try #require(text.split(separator: "\n").first)
        #expect(
            first == "shop/web: 1 of 2 VIPs are announced from here; NOT announced: 2001:db8::10 [NoEndpointsOfFamily]."
        )
        // One line for what is off, and no advice.
        #expect(text.contains("10.96.0.7  clusterIP of shop/web: NOT announced\n  why        KindOff"))
        #expect(!text.contains("turn this kind on"))
    }

    @Test func oldFactsAreSaidAtOnce() throws {
        var explanation = ExplainScene().explain()
        let watch = { (name: String, seconds: Double, isConnected: Bool) in
            Explanation.Watch(
                resource: name, isSynced: true, isConnected: isConnected, secondsSinceHeard: seconds,
                error: isConnected ? nil : "connection refused")
        }
        explanation.watches = [watch("services", 290, true), watch("nodes", 2, true)]
        #expect(!explanation.text.contains("CAUTION"))
        explanation.watches = [
            watch("services", 3601, true), watch("nodes", 40, false), watch("endpointslices", 1, true),
        ]
        let lines = explanation.text.split(separator: "\n")
        #expect(lines[1].hasPrefix("CAUTION: the facts may be old"))
        #expect(lines[1].contains("services (60 min), nodes (40 s)."))
        #expect(explanation.text.contains("watch      nodes: heard 40 s ago, NOT connected: connection refused"))
    }

    // MARK: - Queries

    @Test func unknownNamesAreNotKnown() throws {
        let scene = ExplainScene()
        let explanation = scene.explain(ExplainQuery(.service(namespace: "shop", name: "nothing")))
        #expect(!explanation.isKnown)
        #expect(!explanation.announcesAll)
        #expect(explanation.text.hasPrefix("shop/nothing is not known on here."))
        #expect(!scene.explain(ExplainQuery(.vip(IPAddress("192.0.2.1")!))).isKnown)
        #expect(scene.explain(ExplainQuery(.service(namespace: nil, name: "web"))).services.count == 1)
    }

    @Test func aServiceWithoutAnAddressSaysSo() throws {
        var scene = ExplainScene()
        scene.service.addresses = [AddressFact(kind: .clusterIP, text: "10.96.0.7")]
        let explanation = scene.explain()
        let vip = try only(explanation)
        #expect(vip.reason == "KindOff")
        #expect(!explanation.announcesAll)
        #expect(
            explanation.text.hasPrefix("shop/web has no VIP that could be announced (10.96.0.7 is of kind clusterIP"))
        #expect(scene.explain(ExplainQuery(.all)).services.isEmpty)
        #expect(scene.explain(ExplainQuery(.vip(IPAddress("10.96.0.7")!))).services.count == 1)
    }

    @Test func aHeadlessServiceIsNoPendingOne() throws {
        var scene = ExplainScene()
        scene.service.shape = .headless
        scene.service.addresses = []
        let vip = try only(scene.explain())
        #expect(vip.reason == "HeadlessService")
        #expect(vip.state == .notAnnounced)
    }

    @Test func pagesCoverEveryServiceOnce() {
        var scene = ExplainScene()
        scene.others = (1...24).map { number in
            ServiceFacts(
                id: ServiceID(namespace: "more", name: "s\(number)"),
                addresses: [AddressFact(kind: .loadBalancer, text: "203.0.113.\(number)")])
        }
        var seen: [String] = []
        var query = ExplainQuery(.all, limit: 10)
        while true {
            let explanation = scene.explain(query)
            #expect(explanation.page.total == 25)
            seen += explanation.services.map(\.service)
            guard let next = explanation.page.next else { break }
            query.offset = next
        }
        #expect(seen.count == 25)
        #expect(Set(seen).count == 25)
        #expect(scene.explain(ExplainQuery(.all, offset: 99)).services.isEmpty)
    }

    @Test func tenThousandServicesAreExplained() throws {
        var scene = ExplainScene()
        scene.others = (0..<10_000).map { number in
            ServiceFacts(
                id: ServiceID(namespace: "many", name: "s\(number)"),
                addresses: [
                    AddressFact(kind: .clusterIP, text: "10.96.\(number / 250).\(number % 250)"),
                    AddressFact(kind: .loadBalancer, text: "203.0.\(number / 250).\(number % 250)"),
                ])
        }
        let explanation = scene.explain(ExplainQuery(.all, limit: 1000))
        #expect(explanation.page.total == 10_001)
        #expect(explanation.services.count == 1000)
        #expect(explanation.page.next == 1000)
    }

    @Test(arguments: ["shop/web/x", "", "/web", "shop/", "198.51.100.0/24", "Web", "web?", "198.51.100.1/32x"])
    func nonsenseIsNoQuery(text: String) { #expect(ExplainQuery(text) == nil) }

    @Test func queriesAreRead() throws {
        #expect(ExplainQuery("web")?.subject == .service(namespace: nil, name: "web"))
        #expect(ExplainQuery("shop/web")?.subject == .service(namespace: "shop", name: "web"))
        #expect(ExplainQuery("198.51.100.10/32")?.subject == .vip(IPAddress("198.51.100.10")!))
        #expect(ExplainQuery("2001:db8::1")?.subject == .vip(IPAddress("2001:db8::1")!))
        let query = ExplainQuery(.vip(IPAddress("2001:db8::1")!), offset: 3, limit: 7)
        #expect(try ExplainQuery(parameters: query.parameters) == query)
    }
}
