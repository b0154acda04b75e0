import Announcements
import Foundation
import NetworkTypes
import Northbound

@testable import CosmoletAgent

/// Facts, what FRR runs and what was committed, put together by hand and explained.
struct ExplainScene {
    static let web = ServiceID(namespace: "shop", name: "web")
    static let vip = "198.51.100.10"
    static let prefix = try! IPPrefix("198.51.100.10/32")

    var configuration = PlannerConfiguration()
    var node: NodeFacts? = NodeFacts(name: "here")
    var service = ServiceFacts(
        id: ExplainScene.web, addresses: [AddressFact(kind: .loadBalancer, text: ExplainScene.vip)])
    var others: [ServiceFacts] = []
    var endpoints = [ExplainScene.endpoint("10.0.0.1")]
    var namespaceLabels: [String: String] = [:]
    var isNamespaceKnown = true
    /// Before the first plan.
    var running: [Network] = []
    var ledger = ReconcileLedger()
    /// Why FRR cannot be reached after the last step; nil when it can.
    var lost: String?

    static func endpoint(
        _ address: String, ready: Bool = true, serving: Bool? = nil, terminating: Bool = false, node: String? = "here"
    ) -> EndpointFact {
        EndpointFact(
            address: IPAddress(address)!, isReady: ready, isServing: serving, isTerminating: terminating, nodeName: node
        )
    }

    static func network(_ text: String, _ name: AttributeClass = .default) -> Network {
        Network(prefix: try! IPPrefix(text), attributeClass: name)
    }

    /// The store after all lists; without the own Node when there is none.
    var store: FactStore {
        var store = FactStore(configuration: configuration)
        let slices = [
            SliceFacts(id: SliceID(namespace: "shop", name: "web-1"), service: service.id, endpoints: endpoints)
        ]
        _ = store.apply(.replacedServices([service] + others))
        _ = store.apply(.replacedSlices(slices))
        let namespaces = [NamespaceFacts(name: "shop", labels: namespaceLabels)]
        _ = store.apply(.replacedNamespaces(isNamespaceKnown ? namespaces : []))
        _ = store.apply(.replacedNode(node))
        return store
    }

    /// Plans at each of the moments, and carries the plan out in between, if `applies`; then explains.
    func explain(
        _ query: ExplainQuery = ExplainQuery(.service(namespace: "shop", name: "web")),
        at moments: [Duration] = [.zero], applies: Bool = true
    ) -> Explanation {
        var store = store
        var ledger = ledger
        var running = Set(running)
        for moment in moments {
            ledger.ran(running, at: moment)
            ledger.planned(store.plan(running: Reconciler.announced(running), at: moment))
            if applies, let plan = ledger.plan {
                let manual = running.filter { $0.attributeClass == .manual }
                running = Set(
                    plan.announcements.map { Network(prefix: IPPrefix(host: $0), attributeClass: $1) }
                        .filter { network in !manual.contains { $0.prefix == network.prefix } })
                running.formUnion(manual)
                ledger.ran(running, at: moment)
            }
        }
        ledger.opened()
        if let lost { ledger.failed(lost, isConnected: false) }
        return ExplanationBuilder(
            ExplainSnapshot(facts: store, ledger: ledger, now: moments.last ?? .zero), node: "here", watches: []
        ).build(query)
    }
}
