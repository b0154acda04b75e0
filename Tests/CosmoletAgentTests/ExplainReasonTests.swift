import Announcements
import NetworkTypes
import Testing

@testable import CosmoletAgent

/// From facts to the row of an explanation, once for each reason code.
@Suite struct ExplainReasonTests {
    private static let drained = NodeFacts(name: "here", annotations: NodeAnnotations(drains: true))

    /// Facts whose outcome is this code.
    private static func scene(_ code: ReasonCode) throws -> ExplainScene {
        var scene = ExplainScene()
        try shape(&scene, code)
        if let draining = ReasonCode.allCases.first(where: { $0.drained == code }) { try shape(&scene, draining) }
        return scene
    }

    private static func shape(_ scene: inout ExplainScene, _ code: ReasonCode) throws {
        let terminating = ExplainScene.endpoint("10.0.0.1", ready: false, serving: true, terminating: true)
        let unready = ExplainScene.endpoint("10.0.0.1", ready: false)
        switch code {
        case .endpointOnNode, .noLocalEndpoints, .noLocalEndpointsOfFamily, .noReadyLocalEndpoints,
            .onlyTerminatingOnNode, .drainingTerminatingOnNode:
            scene.service.externalTrafficPolicy = .local
        default: break
        }
        switch code {
        case .onlyTerminatingEndpoints, .onlyTerminatingOnNode: scene.endpoints = [terminating]
        case .drainingTerminatingEndpoints, .drainingTerminatingOnNode:
            scene.endpoints = [terminating]
            scene.configuration.drainsOnTerminating = true
        case .keptWithoutEndpoints:
            scene.endpoints = []
            scene.service.annotations.zeroEndpoints = .keep
        case .drainingWithoutEndpoints:
            scene.endpoints = [unready]
            scene.configuration.zeroEndpoints = .drain
        case .noEndpoints: scene.endpoints = []
        case .noLocalEndpoints: scene.endpoints = [ExplainScene.endpoint("10.0.0.1", node: "there")]
        case .noEndpointsOfFamily, .noLocalEndpointsOfFamily: scene.endpoints = [ExplainScene.endpoint("fd00::1")]
        case .noReadyEndpoints, .noReadyLocalEndpoints: scene.endpoints = [unready]
        default: try shapeObjects(&scene, code)
        }
    }

    private static func shapeObjects(_ scene: inout ExplainScene, _ code: ReasonCode) throws {
        switch code {
        case .drainingNodeAnnotation: scene.node = drained
        case .drainingNodeNotReady:
            scene.node?.isReady = false
            scene.configuration.nodeSignals.drainsOnNotReady = true
        case .drainingNodeCordoned:
            scene.node?.isUnschedulable = true
            scene.configuration.nodeSignals.drainsOnCordon = true
        case .drainingNodeTainted:
            scene.node?.taints = [TaintFact(key: "gone", effect: "NoExecute")]
            scene.configuration.nodeSignals.drainingTaints = [try TaintPattern("gone")]
        case .drainingServiceAnnotation: scene.service.annotations.drains = true
        case .drainingServiceDeletion:
            scene.service.isBeingDeleted = true
            scene.configuration.drainsOnServiceDeletion = true
        case .headlessService: scene.service.shape = .headless
        case .externalNameService: scene.service.shape = .externalName
        case .optedOut: scene.service.annotations.announce = false
        case .namespaceExcluded: scene.configuration.selection.namespaces.exclude = ["shop"]
        case .namespaceUnknown:
            scene.configuration.selection.namespaceLabels.exclude = [try LabelSelector("env=test")]
            scene.isNamespaceKnown = false
        case .namespaceNotIncluded:
            scene.configuration.selection.namespaceLabels.include = [try LabelSelector("env=production")]
            scene.namespaceLabels = ["env": "test"]
        case .serviceExcluded:
            scene.service.labels = ["tier": "test"]
            scene.configuration.selection.serviceLabels.exclude = [try LabelSelector("tier=test")]
        case .serviceNotIncluded:
            scene.configuration.selection.serviceLabels.include = [try LabelSelector("public")]
        case .kindOff: scene.configuration.kinds = [.externalIP]
        case .kindOffByAnnotation: scene.service.annotations.kinds = [.clusterIP]
        case .hostnameOnly: scene.service.addresses = [AddressFact(kind: .loadBalancer, text: nil)]
        case .invalidAddress: scene.service.addresses = [AddressFact(kind: .loadBalancer, text: "198.51.100.010")]
        case .notUnicast: scene.service.addresses = [AddressFact(kind: .loadBalancer, text: "224.0.0.1")]
        case .proxyMode: scene.service.addresses[0].isProxyMode = true
        case .otherLoadBalancerClass:
            scene.service.loadBalancerClass = "other"
            scene.configuration.loadBalancerClasses = .only(["mine"], unset: true)
        case .noLoadBalancerClass: scene.configuration.loadBalancerClasses = .only(["mine"], unset: false)
        case .outsideAllowedPrefixes:
            scene.configuration.allowedLoadBalancerPrefixes = [try IPPrefix("192.0.2.0/24")]
        case .noExternalPrefixAllowed:
            scene.configuration.kinds = [.externalIP]
            scene.service.addresses = [AddressFact(kind: .externalIP, text: ExplainScene.vip)]
        case .nodeNetworkUnavailable: scene.node?.isNetworkUnavailable = true
        case .nodeExcluded: scene.node?.exclusionLabel = ""
        default: break
        }
    }

    /// `HeldDown` needs a past: `ExplanationTests` has it.
    @Test(arguments: ReasonCode.allCases.filter { $0 != .heldDown })
    func factsBecomeARow(code: ReasonCode) throws {
        var scene = try Self.scene(code)
        if code.drains { scene.running = [ExplainScene.network("198.51.100.10/32")] }
        let explanation = scene.explain()
        let vip = try #require(explanation.services.first?.vips.first)
        #expect(vip.reason == code.rawValue)
        #expect(vip.explanation == code.explanation)
        #expect(vip.stage == code.stage.rawValue)
        #expect(vip.isAnnounced == code.announces)
        #expect((vip.wantedClass != nil) == code.announces)
        #expect((vip.classExplanation != nil) == code.announces)
        #expect(vip.state == (code.drained != nil ? .draining : code.announces ? .announced : .notAnnounced))
        #expect(explanation.announcesAll == code.announces)
        // Endpoints are shown where the rules came as far as that.
        #expect((vip.endpoints != nil) == [.endpoints, .drain, .change].contains(code.stage))
        let text = explanation.text
        #expect(text.contains(code.rawValue) || code == .kindOff, "\(text)")
        #expect(text.contains("  next       \(code.advice(service: ExplainScene.web, node: "here"))"), "\(text)")
        let first = try #require(text.split(separator: "\n").first)
        #expect(first.contains("NOT announced") == (!code.announces && code != .kindOff), "\(first)")
    }
}
