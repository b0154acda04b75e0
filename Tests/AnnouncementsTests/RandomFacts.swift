import Announcements
import NetworkTypes

/// SplitMix64: the same numbers on every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Facts from small pools, so that everything meets everything: few addresses, few namespaces, few labels.
struct RandomFacts {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Selectors and what they mean.
    static let selectors: [String: @Sendable ([String: String]) -> Bool] = [
        "env": { $0["env"] != nil },
        "!env": { $0["env"] == nil },
        "env=prod": { $0["env"] == "prod" },
        "env!=prod": { $0["env"] != "prod" },
        "env in (prod, test)": { $0["env"] == "prod" || $0["env"] == "test" },
        "env notin (prod),tier=web": { $0["env"] != "prod" && $0["tier"] == "web" },
        "kubernetes.io/metadata.name=shop": { $0["kubernetes.io/metadata.name"] == "shop" },
    ]
    private static let texts: [String?] = [
        "198.51.100.1", "198.51.100.2", "203.0.113.1", "2001:db8::1", "2001:db8:0::1", "2001:db8:1::1", "127.0.0.1",
        "ff02::1", "no-address", nil,
    ]
    private static let patterns = ["a", "a=x", "b:NoExecute", "b=y:NoSchedule"]
    static let namespaces = ["shop", "lab", "ops"]

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func pick<Value>(_ values: [Value]) -> Value { values.randomElement(using: &random)! }

    private mutating func some<Value>(_ values: [Value], percent: Int) -> [Value] {
        values.filter { _ in chance(percent) }
    }

    mutating func facts() throws -> AnnouncementFacts {
        var facts = AnnouncementFacts(
            node: node(), services: [], endpoints: [:], configuration: try configuration())
        for name in Self.namespaces { facts.namespaces[name] = chance(70) ? labels() : nil }
        for index in 0..<Int.random(in: 1...6, using: &random) {
            let service = service("s\(index)")
            facts.services.append(service)
            if chance(85) { facts.endpoints[service.id] = endpoints() }
        }
        return facts
    }

    mutating func labels() -> [String: String] {
        var labels: [String: String] = [:]
        if chance(60) { labels["env"] = pick(["prod", "test", "dev"]) }
        if chance(40) { labels["tier"] = pick(["web", "db"]) }
        return labels
    }

    mutating func service(_ name: String) -> ServiceFacts {
        var service = ServiceFacts(id: ServiceID(namespace: pick(Self.namespaces), name: name), labels: labels())
        service.shape = pick([.headless, .externalName] + Array(repeating: .ordinary, count: 18))
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let kind = pick(VIPKind.allCases)
            service.addresses.append(
                AddressFact(
                    kind: kind, text: chance(70) ? Self.texts[Int.random(in: 0..<6, using: &random)] : pick(Self.texts),
                    isProxyMode: kind == .loadBalancer && chance(10)))
        }
        service.externalTrafficPolicy = pick([.cluster, .local])
        service.internalTrafficPolicy = pick([.cluster, .local])
        service.loadBalancerClass = pick([nil, nil, "example.com/a", "example.com/b"])
        service.isBeingDeleted = chance(15)
        service.annotations.announce = pick([nil, nil, nil, nil, true, false])
        service.annotations.className = pick([nil, nil, "gold", "iron", "drain", "manual", "unheard-of"])
        service.annotations.kinds = chance(20) ? Set(some(VIPKind.allCases, percent: 50)) : nil
        service.annotations.zeroEndpoints = chance(30) ? pick(ZeroEndpoints.allCases) : nil
        service.annotations.drains = chance(8)
        return service
    }

    mutating func endpoints() -> [EndpointFact] {
        (0..<Int.random(in: 0...4, using: &random)).map { _ in
            EndpointFact(
                address: IPAddress(pick(["10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"]))!, isReady: chance(35),
                isServing: chance(60), isTerminating: chance(50), nodeName: pick(["here", "here", "there", nil]))
        }
    }

    mutating func node() -> NodeFacts {
        var node = NodeFacts(name: "here")
        node.exclusionLabel = chance(10) ? pick(["", "true", "false"]) : nil
        node.isNetworkUnavailable = chance(8)
        node.isReady = chance(80)
        node.isUnschedulable = chance(20)
        node.taints = some(["a", "b"], percent: 25).map { key in
            TaintFact(key: key, value: pick(["", "x", "y"]), effect: pick(TaintPattern.effects))
        }
        node.annotations.drains = chance(12)
        return node
    }

    mutating func configuration() throws -> PlannerConfiguration {
        let classes: [AttributeClass: UInt32] = [
            .default: 110, AttributeClass(rawValue: "gold")!: 120, AttributeClass(rawValue: "iron")!: 105,
            .manual: 198, .drain: 199,
        ]
        var configuration = PlannerConfiguration(tags: try TagMap(ownedTags: 100...199, classes: classes))
        configuration.kinds = chance(60) ? Set(VIPKind.allCases) : Set(some(VIPKind.allCases, percent: 60))
        let prefixes = try ["198.51.100.0/24", "198.51.100.1/32", "203.0.113.0/24", "2001:db8::/48", "2001:db8::/32"]
            .map { try IPPrefix($0) }
        configuration.allowedLoadBalancerPrefixes = chance(50) ? nil : some(prefixes, percent: 60)
        configuration.allowedExternalPrefixes = chance(40) ? nil : some(prefixes, percent: 60)
        configuration.drainsOnTerminating = chance(50)
        if chance(40) {
            configuration.loadBalancerClasses = .only(
                Set(some(["example.com/a", "example.com/b"], percent: 50)), unset: chance(50))
        }
        let selectors = try Self.selectors.keys.sorted().map { try LabelSelector($0) }
        if chance(30) { configuration.selection.namespaces.include = some(Self.namespaces, percent: 60) }
        if chance(20) { configuration.selection.namespaces.exclude = some(Self.namespaces, percent: 30) }
        if chance(25) { configuration.selection.namespaceLabels.include = some(selectors, percent: 40) }
        if chance(15) { configuration.selection.namespaceLabels.exclude = some(selectors, percent: 15) }
        if chance(25) { configuration.selection.serviceLabels.include = some(selectors, percent: 40) }
        if chance(15) { configuration.selection.serviceLabels.exclude = some(selectors, percent: 15) }
        configuration.zeroEndpoints = pick(ZeroEndpoints.allCases)
        configuration.nodeSignals.honoursExclusionLabel = chance(80)
        configuration.nodeSignals.honoursNetworkUnavailable = chance(80)
        configuration.nodeSignals.drainsOnAnnotation = chance(80)
        configuration.nodeSignals.drainsOnNotReady = chance(25)
        configuration.nodeSignals.drainsOnCordon = chance(25)
        configuration.nodeSignals.drainingTaints = try some(Self.patterns, percent: 25).map { try TaintPattern($0) }
        configuration.drainsOnServiceDeletion = chance(50)
        return configuration
    }
}
