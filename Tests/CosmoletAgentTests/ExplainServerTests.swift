import Announcements
import CosmoletTesting
import Foundation
import Logging
import NetworkTypes
import Northbound
import Observability
import Testing

@testable import CosmoletAgent

/// `/explain` on a real port, over a reconciler that works against an FRR in memory.
@Suite(.timeLimit(.minutes(2))) struct ExplainServerTests {
    private static let web = ExplainScene.web

    private struct Rig: Sendable {
        let session: FakeManagementSession
        let reconciler: Reconciler
        let address: String
        let client: ExplainClient

        func explain(_ text: String) async throws -> Explanation {
            try await client.explain(try #require(ExplainQuery(text)))
        }
    }

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func with(
        _ session: FakeManagementSession = FakeManagementSession(), _ body: @Sendable (Rig) async throws -> Void
    ) async throws {
        let telemetry = AgentTelemetry(registry: MetricRegistry(), health: HealthState(), provider: "fake")
        let reconciler = Reconciler(
            session: session, configuration: PlannerConfiguration(), telemetry: telemetry,
            comparePeriod: .seconds(3600), logger: Self.quiet)
        let port = Observed(0)
        let server = ObservabilityServer(
            address: HTTPAddress(host: "127.0.0.1", port: 0), telemetry: telemetry,
            explainer: Explainer(node: "here", reconciler: reconciler, telemetry: telemetry), logger: Self.quiet
        ) { bound in port.update { $0 = bound } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await reconciler.run() }
            group.addTask { try await server.run() }
            let bound = try await port.wait(for: "the port") { $0 != 0 }
            let address = HTTPAddress(host: "127.0.0.1", port: bound)
            try await body(
                Rig(
                    session: session, reconciler: reconciler, address: "\(address)", client: ExplainClient(address)))
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
        }
    }

    private func sync(_ rig: Rig, ready: Bool = true, policy: TrafficPolicy = .local) async {
        let service = ServiceFacts(
            id: Self.web,
            addresses: [
                AddressFact(kind: .loadBalancer, text: ExplainScene.vip),
                AddressFact(kind: .clusterIP, text: "10.96.0.7"),
            ], externalTrafficPolicy: policy)
        let slice = SliceFacts(
            id: SliceID(namespace: "shop", name: "web-abc"), service: Self.web,
            endpoints: [
                ExplainScene.endpoint("10.0.0.1", ready: ready), ExplainScene.endpoint("10.0.1.1", node: "there"),
            ])
        await rig.reconciler.apply(.replacedServices([service]))
        await rig.reconciler.apply(.replacedSlices([slice]))
        await rig.reconciler.apply(.replacedNode(NodeFacts(name: "here")))
    }

    @Test func explainsWhatWasCommitted() async throws {
        try await with { rig in
            await sync(rig)
            _ = try await rig.session.transactions.wait(for: "a transaction") { !$0.isEmpty }
            await rig.reconciler.quiesce()
            let explanation = try await rig.explain("shop/web")
            #expect(explanation.announcesAll)
            #expect(explanation.frr.isConnected)
            #expect(explanation.services.first?.vips.map(\.reason) == ["EndpointOnNode", "KindOff"])
            let vip = try #require(explanation.services.first?.vips.first)
            #expect(vip.transaction?.outcome == "applied")
            #expect(vip.transaction?.edit == "+198.51.100.10/32 default")
            #expect(vip.transaction?.request == rig.session.transactions.value[0].id)
            #expect(try await rig.explain("198.51.100.10").services.map(\.service) == ["shop/web"])
            #expect(try await rig.explain("web").query == "web")
        }
    }

    @Test func explainsARefusalOfOneAmongOthers() async throws {
        let session = FakeManagementSession()
        await session.refuse([ExplainScene.prefix])
        try await with(session) { rig in
            await rig.reconciler.apply(
                .replacedServices(
                    ["198.51.100.10", "198.51.100.11"].enumerated().map { index, vip in
                        ServiceFacts(
                            id: ServiceID(namespace: "shop", name: "s\(index)"),
                            addresses: [AddressFact(kind: .loadBalancer, text: vip)],
                            annotations: ServiceAnnotations(zeroEndpoints: .keep))
                    }))
            await rig.reconciler.apply(.replacedSlices([]))
            await rig.reconciler.apply(.replacedNode(NodeFacts(name: "here")))
            _ = try await rig.session.transactions.wait(for: "both halves") { $0.count == 3 }
            await rig.reconciler.quiesce()
            let bad = try await rig.explain("198.51.100.10")
            #expect(bad.services.first?.vips.first?.state == .refused)
            #expect(bad.services.first?.vips.first?.error == "refused 198.51.100.10/32")
            #expect(!bad.announcesAll)
            // The half that went through is not blamed for the whole.
            let good = try await rig.explain("198.51.100.11")
            #expect(good.services.first?.vips.first?.state == .announced)
            #expect(good.services.first?.vips.first?.transaction?.outcome == "applied")
        }
    }

    /// Neither waits for the other.
    @Test func answersWhileACommitIsInFlight() async throws {
        let session = FakeManagementSession()
        await session.holdNextCommit()
        try await with(session) { rig in
            await sync(rig)
            _ = try await rig.session.transactions.wait(for: "a transaction") { !$0.isEmpty }
            let during = try await rig.explain("198.51.100.10")
            #expect(during.services.first?.vips.map(\.state) == [.pending])
            #expect(!during.announcesAll)
            await rig.session.release()
            await rig.reconciler.quiesce()
            #expect(try await rig.explain("198.51.100.10").announcesAll)
        }
    }

    @Test func saysThatItIsNotSynced() async throws {
        try await with { rig in
            _ = try await rig.session.openCount.wait(for: "open") { $0 == 1 }
            let explanation = try await rig.explain("shop/web")
            #expect(!explanation.isKnown)
            #expect(explanation.freeze?.code == "NotListed")
            #expect(
                explanation.text.hasPrefix("shop/web is not known on here, but the agent is not synced: not listed yet")
            )
        }
    }

    @Test func statusesAreThoseOfHTTP() async throws {
        try await with { rig in
            await sync(rig)
            await rig.reconciler.quiesce()
            let expected = [
                "/explain": 200, "/explain?service=shop/web": 200, "/explain?service=shop%2Fweb": 200,
                "/explain?service=web&limit=1&offset=0": 200, "/explain?vip=198.51.100.10": 200,
                "/explain?service=shop/none": 404, "/explain?vip=2001:db8::1": 404, "/explain?vip=web": 400,
                "/explain?service=../x": 400, "/explain?limit=0": 400, "/explain?limit=1001": 400,
                "/explain?offset=-1": 400, "/explain?service=web&service=x": 400, "/explain?colour=red": 400,
                "/explain?service=web&vip=198.51.100.10": 400,
            ]
            for (path, status) in expected {
                let answer = try await HTTPProbe.get(rig.address, path)
                #expect(answer.status == status, "\(path): \(answer.body)")
                if status == 400 { #expect(answer.body.hasPrefix(#"{"error":""#), "\(path)") }
            }
        }
    }

    @Test func theShapeOfTheJSONIsStable() async throws {
        try await with { rig in
            await sync(rig, ready: false)
            await rig.reconciler.quiesce()
            let body = try await HTTPProbe.get(rig.address, "/explain?service=shop/web").body
            // The one number that is a time.
            let text = body.replacing(/"secondsSinceRead":[0-9.]+/, with: #""secondsSinceRead":0"#)
            #expect(text == Self.golden.filter { $0 != "\n" } + "\n")
        }
    }

    private static let golden = #"""
        {"frr":{"isConnected":true,"secondsSinceRead":0},"hasWaitingRules":false,"node":"here","others":[],
        "page":{"limit":100,"offset":0,"total":1},"query":"shop/web",
        "services":[{"annotations":{},"isBeingDeleted":false,"service":"shop/web","vips":[
        {"address":"198.51.100.10",
        "advice":"look at why the pods on this node are not ready:
         kubectl -n shop get pods -o wide --field-selector spec.nodeName=here",
        "endpoints":{"counts":{"NotReady":1,"OtherNode":1},"shown":[
        {"address":"10.0.0.1","node":"here","ready":false,"serving":false,"slice":"web-abc","standing":"NotReady",
        "terminating":false},
        {"address":"10.0.1.1","node":"there","ready":true,"serving":true,"slice":"web-abc","standing":"OtherNode",
        "terminating":false}]},
        "explanation":"traffic policy Local, and no endpoint of this address family on this node is ready or still
         serving","isAnnounced":false,"kind":"loadBalancer","policy":"Local","reason":"NoReadyLocalEndpoints",
        "sharedWith":[],"stage":"endpoints","state":"notAnnounced",
        "stateExplanation":"FRR does not announce it, as wanted","warnings":[]},
        {"address":"10.96.0.7",
        "advice":"turn this kind on with announce.kinds of the configuration, or for this Service with the annotation
         cosmolet.io/kinds","explanation":"the configuration does not announce this kind of VIP","isAnnounced":false,
        "kind":"clusterIP","policy":"Cluster","reason":"KindOff","sharedWith":[],"stage":"address",
        "state":"notAnnounced","stateExplanation":"FRR does not announce it, as wanted","warnings":[]}]}],
        "signals":{"cordoned":false,"drain":false,"networkUnavailable":false,"ready":true,"taints":[],"warnings":[]},
        "watches":[]}
        """#

    @Test func clientSaysWhoDoesNotAnswer() async throws {
        // Nothing listens on the discard port here.
        let client = ExplainClient(HTTPAddress(host: "127.0.0.1", port: 9), timeout: .seconds(5))
        let error = await #expect(throws: OperatorError.self) { try await client.explain(ExplainQuery(.all)) }
        #expect(error?.code == .unreachable)
        #expect(error?.description.contains("127.0.0.1:9") == true)
    }

    @Test func onlyThisNodeMayAsk() {
        for address in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"] {
            #expect(PeerContext.isLocal(peer: address, own: "10.9.9.9"), "\(address)")
        }
        for address in ["10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "1270.0.0.1", "2001:db8::1"] {
            #expect(!PeerContext.isLocal(peer: address, own: "10.9.9.9"), "\(address)")
        }
        // The node asks its own address.
        #expect(PeerContext.isLocal(peer: "10.9.9.9", own: "10.9.9.9"))
        #expect(!PeerContext.isLocal(peer: nil, own: nil))
    }
}
