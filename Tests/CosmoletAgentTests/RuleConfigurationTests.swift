import Announcements
import CosmoletAgent
import NetworkTypes
import Testing

/// The sections `announce:` and `drain:`.
@Suite struct RuleConfigurationTests {
    private func planner(_ yaml: String) throws -> PlannerConfiguration {
        try AgentConfiguration(yaml: yaml).planner
    }

    @Test func readsEveryKey() throws {
        let planner = try planner(
            """
            announce:
              kinds: [loadBalancer, externalIP]
              allowedPrefixes: [198.51.100.0/24]
              allowedExternalPrefixes: [203.0.113.0/24]
              loadBalancerClasses: [example.com/metal, unset]
              namespaces: {include: [shop, lab], exclude: [kube-system]}
              namespaceLabels: {include: ["env=prod"], exclude: ["!owner"]}
              serviceLabels: {include: ["expose in (bgp, both)"], exclude: ["tier=internal"]}
              zeroEndpoints: keep
              nodeExclusionLabel: false
              networkUnavailable: false
              drainOnTerminating: true
              holdDown: {changes: 4, windowSeconds: 30, holdSeconds: 20}
              fuse: {percent: 25, minimum: 5, holdSeconds: 60}
            drain:
              holdSeconds: 30
              onAnnotation: false
              onNotReady: true
              onCordon: true
              onTaints: [maintenance, "example.com/x=y:NoExecute"]
              onServiceDeletion: true
            """)
        #expect(planner.kinds == [.loadBalancer, .externalIP])
        #expect(planner.allowedLoadBalancerPrefixes?.map(\.description) == ["198.51.100.0/24"])
        #expect(planner.allowedExternalPrefixes?.map(\.description) == ["203.0.113.0/24"])
        #expect(planner.loadBalancerClasses == .only(["example.com/metal"], unset: true))
        #expect(planner.selection.namespaces == IncludeExclude(include: ["shop", "lab"], exclude: ["kube-system"]))
        #expect(planner.selection.namespaceLabels.include.map(\.description) == ["env=prod"])
        #expect(planner.selection.namespaceLabels.exclude.map(\.description) == ["!owner"])
        #expect(planner.selection.serviceLabels.include.map(\.description) == ["expose in (bgp, both)"])
        #expect(planner.selection.serviceLabels.exclude.map(\.description) == ["tier=internal"])
        #expect(planner.zeroEndpoints == .keep && planner.drainsOnTerminating)
        #expect(planner.holdDown == HoldDown(changes: 4, window: .seconds(30), hold: .seconds(20)))
        #expect(planner.fuse == WithdrawalFuse(share: 25, minimum: 5, hold: .seconds(60)))
        #expect(planner.drainHold == .seconds(30) && planner.drainsOnServiceDeletion)
        var signals = NodeSignals()
        signals.honoursExclusionLabel = false
        signals.honoursNetworkUnavailable = false
        signals.drainsOnAnnotation = false
        signals.drainsOnNotReady = true
        signals.drainsOnCordon = true
        signals.drainingTaints = [try TaintPattern("maintenance"), try TaintPattern("example.com/x=y:NoExecute")]
        #expect(planner.nodeSignals == signals)
    }

    @Test func shortFormsAndEmptySections() throws {
        #expect(try planner("announce: {}\ndrain: {}") == PlannerConfiguration())
        #expect(try planner("announce: {loadBalancerClasses: any}").loadBalancerClasses == .any)
        #expect(try planner("announce: {loadBalancerClasses: []}").loadBalancerClasses == .any)
        #expect(try planner("announce: {loadBalancerClasses: unset}").loadBalancerClasses == .only([], unset: true))
        #expect(try planner("announce: {holdDown: off, fuse: off}").fuse == nil)
        #expect(try planner("announce: {holdDown: off}").holdDown == nil)
        #expect(try planner("announce: {holdDown: {}}").holdDown == HoldDown())
        #expect(try planner("announce: {allowedPrefixes: []}").allowedLoadBalancerPrefixes == nil)
        #expect(try planner("announce: {allowedExternalPrefixes: []}").allowedExternalPrefixes == [])
        #expect(try planner("drain: {holdSeconds: 0}").drainHold == .zero)
    }

    /// A bad file, and what its error must say.
    private static let refused: [(yaml: String, path: String, words: String)] = [
        ("announce: {zeroEndpoint: keep}", "announce.zeroEndpoint", "did you mean zeroEndpoints"),
        ("announce: {zeroEndpoints: hold}", "announce.zeroEndpoints", "withdraw, keep, drain"),
        ("announce: {zeroEndpoints: [keep]}", "announce.zeroEndpoints", "text is expected"),
        ("announce: {loadBalancerClasses: some}", "announce.loadBalancerClasses", "any, unset or a list"),
        ("announce: {loadBalancerClasses: [any]}", "announce.loadBalancerClasses[0]", "name of a class"),
        ("announce: {loadBalancerClasses: ['']}", "announce.loadBalancerClasses[0]", "name of a class"),
        ("announce: {namespaces: [shop]}", "announce.namespaces", "a mapping is expected"),
        ("announce: {namespaces: {includes: [shop]}}", "announce.namespaces.includes", "did you mean include"),
        ("announce: {namespaces: {include: [Shop]}}", "announce.namespaces.include[0]", "name of a namespace"),
        ("announce: {namespaces: {exclude: ['']}}", "announce.namespaces.exclude[0]", "name of a namespace"),
        ("announce: {serviceLabels: {include: ['a in b']}}", "announce.serviceLabels.include[0]", "label key"),
        ("announce: {serviceLabels: {include: ['']}}", "announce.serviceLabels.include[0]", "empty requirement"),
        ("announce: {namespaceLabels: {exclude: ['a,']}}", "announce.namespaceLabels.exclude[0]", "empty requirement"),
        ("announce: {holdDown: on}", "announce.holdDown", "a mapping or off"),
        ("announce: {holdDown: {changes: 1}}", "announce.holdDown.changes", "from 2 to 1000"),
        ("announce: {holdDown: {window: 1}}", "announce.holdDown.window", "unknown key"),
        ("announce: {fuse: {percent: 101}}", "announce.fuse.percent", "from 0 to 100"),
        ("announce: {fuse: {holdSeconds: 0}}", "announce.fuse.holdSeconds", "from 1 to 86400"),
        ("announce: {nodeExclusionLabel: yes}", "announce.nodeExclusionLabel", "true or false"),
        ("drain: {holdSeconds: -1}", "drain.holdSeconds", "from 0 to 3600"),
        ("drain: {onCordon: maybe}", "drain.onCordon", "true or false"),
        ("drain: {onTaints: maintenance}", "drain.onTaints", "a list is expected"),
        ("drain: {onTaints: ['a:Never']}", "drain.onTaints[0]", "NoSchedule, PreferNoSchedule, NoExecute"),
        ("drain: {onTaint: [a]}", "drain.onTaint", "did you mean onTaints"),
        ("drain: [a]", "drain", "a mapping is expected"),
    ]

    @Test(arguments: refused.indices)
    func refusesWithPlaceAndReason(index: Int) {
        let row = Self.refused[index]
        let error = #expect(throws: ConfigurationError.self) { try AgentConfiguration(yaml: row.yaml) }
        #expect(error?.path == row.path)
        #expect(error?.line == 1)
        #expect(error?.description.contains(row.words) == true, "\(String(describing: error))")
    }
}
