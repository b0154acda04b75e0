import Announcements
import NetworkTypes
import Testing

/// One row of the rule table, as text:
///
///     LB C 4 | 4ready@here | zero=keep => EndpointInCluster : default
///
/// To the left of `=>` stand Services, separated by `&&`, each as `kind policy VIP | endpoints | conditions`. To the
/// right stand the outcomes of the decisions in the order of the Services, each with its warnings (`!Code`), and after
/// the colon the class with which the VIP is announced, or `-`.
///
/// - kind: `LB`, `EXT`, `CIP`. The policy (`C`, `L`) is that of the kind; the other policy field has the other value.
/// - VIP: `4` and `6` for a standard one, an address, or `host` for an entry without one.
/// - endpoint: family, state, node, and optionally the number of its address, as in `6term@there#2`.
/// - condition: see `RuleScenario.take`. `~` stands for a space.
struct RuleRow: Sendable, CustomTestStringConvertible {
    let text: String
    var testDescription: String { text }

    init(_ text: Substring) { self.text = String(text) }

    /// The rows of a table: all lines but empty ones and comments.
    static func table(_ text: String) -> [RuleRow] {
        text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(RuleRow.init)
    }

    private var sides: [String] { text.split("=>") }

    /// What is known.
    func facts() throws -> AnnouncementFacts {
        var scenario = RuleScenario()
        for service in sides[0].split("&&") { try scenario.addService(service) }
        return scenario.facts
    }

    /// Expected reasons, each followed by its warnings.
    var outcomes: [String] {
        let text = sides[1].split(":")[0]
        return text == "nothing" ? [] : text.split(",")
    }

    /// Expected class, or `-`.
    var attributeClass: String { sides[1].split(":")[1] }
}

/// A malformed row.
struct RowError: Error {
    let text: String
}

/// Facts in the making.
struct RuleScenario {
    var facts = AnnouncementFacts(node: NodeFacts(name: "here"), services: [], endpoints: [:])
    private var isNamespaceUnknown = false

    init() {
        facts.configuration.kinds = Set(VIPKind.allCases)
        let classes: [AttributeClass: UInt32] = [
            .default: 110, AttributeClass(rawValue: "gold")!: 120, AttributeClass(rawValue: "iron")!: 105,
            .manual: 198, .drain: 199,
        ]
        facts.configuration.tags = try! TagMap(ownedTags: 100...199, classes: classes)
    }

    mutating func addService(_ text: String) throws {
        let parts = text.fields("|")
        let head = parts[0].split(" ")
        guard parts.count == 3, head.count == 3,
            let kind = ["LB": VIPKind.loadBalancer, "EXT": .externalIP, "CIP": .clusterIP][head[0]],
            let policy = ["C": TrafficPolicy.cluster, "L": .local][head[1]]
        else { throw RowError(text: text) }
        let other: TrafficPolicy = policy == .cluster ? .local : .cluster
        var service = ServiceFacts(
            id: ServiceID(namespace: "shop", name: "s\(facts.services.count)"),
            externalTrafficPolicy: kind == .clusterIP ? other : policy,
            internalTrafficPolicy: kind == .clusterIP ? policy : other)
        let vip: String? = ["4": "198.51.100.10", "6": "2001:db8::10"][head[2]] ?? head[2]
        service.addresses = [AddressFact(kind: kind, text: vip == "host" ? nil : vip)]
        var annotations: [String: String] = [:]
        for condition in parts[2].split(" ") {
            if condition.hasPrefix("@") {
                let (key, value) = condition.dropFirst().pair("=")
                annotations[AnnotationKey.prefix + key] = value
            } else {
                try take(condition.replacing("~", with: " "), &service)
            }
        }
        service.annotations = ServiceAnnotations(
            annotations.mapValues { $0.replacing("~", with: " ") }, of: service.id)
        let namespace = service.id.namespace
        facts.namespaces[namespace] = isNamespaceUnknown ? nil : facts.namespaces[namespace] ?? [:]
        facts.services.append(service)
        facts.endpoints[service.id] = try parts[1].split(" ").map(Self.endpoint)
    }

    private static func endpoint(_ text: String) throws -> EndpointFact {
        let (body, number) = text.pair("#")
        let (state, node) = body.pair("@")
        let address = state.hasPrefix("6") ? "fd00::" : "10.244.0."
        var fact = EndpointFact(
            address: IPAddress(address + (number.isEmpty ? "1" : number))!, nodeName: node == "?" ? nil : node)
        switch state.dropFirst() {
        case "ready": break
        case "unready": (fact.isReady, fact.isServing) = (false, false)
        case "serving": (fact.isReady, fact.isServing) = (false, true)
        case "term": (fact.isReady, fact.isServing, fact.isTerminating) = (false, true, true)
        case "dead": (fact.isReady, fact.isServing, fact.isTerminating) = (false, false, true)
        case "readyterm": fact.isTerminating = true
        default: throw RowError(text: text)
        }
        return fact
    }

    private mutating func take(_ condition: String, _ service: inout ServiceFacts) throws {
        let (key, value) = condition.pair("=")
        switch key {
        // The Service.
        case "in":
            service.id = ServiceID(namespace: value, name: service.id.name)
        case "label":
            let (name, label) = value.pair(":")
            service.labels[name] = label
        case "lbclass": service.loadBalancerClass = value
        case "deleting": service.isBeingDeleted = true
        case "headless": service.shape = .headless
        case "externalname": service.shape = .externalName
        case "proxy": service.addresses[0].isProxyMode = true
        case "nsunknown": isNamespaceUnknown = true
        case "nslabel":
            let (name, label) = value.pair(":")
            facts.namespaces[service.id.namespace, default: [:]][name] = label
        // The node.
        case "node.exclude": facts.node.exclusionLabel = value
        case "node.netdown": facts.node.isNetworkUnavailable = true
        case "node.notready": facts.node.isReady = false
        case "node.cordon": facts.node.isUnschedulable = true
        case "node.drain":
            facts.node.annotations = NodeAnnotations([AnnotationKey.drain: value], ofNode: "here")
        case "node.taint":
            let pattern = try TaintPattern(value)
            facts.node.taints.append(
                TaintFact(key: pattern.key, value: pattern.value ?? "", effect: pattern.effect ?? "NoSchedule"))
        default: try configure(key, value)
        }
    }

    private mutating func configure(_ key: String, _ value: String) throws {
        var configuration = facts.configuration
        defer { facts.configuration = configuration }
        switch key {
        case "kinds":
            let names = ["LB": VIPKind.loadBalancer, "EXT": .externalIP, "CIP": .clusterIP]
            configuration.kinds = Set(value.split(",").map { names[$0]! })
        case "allow": configuration.allowedLoadBalancerPrefixes = try Self.prefixes(value)
        case "allowext": configuration.allowedExternalPrefixes = try Self.prefixes(value)
        case "zero": configuration.zeroEndpoints = ZeroEndpoints(rawValue: value)!
        case "termdrain": configuration.drainsOnTerminating = true
        case "lbclasses":
            let names = value.split(",")
            configuration.loadBalancerClasses = .only(
                Set(names.filter { $0 != "unset" }), unset: names.contains("unset"))
        case "ns+": configuration.selection.namespaces.include.append(value)
        case "ns-": configuration.selection.namespaces.exclude.append(value)
        case "nsl+": configuration.selection.namespaceLabels.include.append(try LabelSelector(value))
        case "nsl-": configuration.selection.namespaceLabels.exclude.append(try LabelSelector(value))
        case "sl+": configuration.selection.serviceLabels.include.append(try LabelSelector(value))
        case "sl-": configuration.selection.serviceLabels.exclude.append(try LabelSelector(value))
        case "noexclude": configuration.nodeSignals.honoursExclusionLabel = false
        case "nonetdown": configuration.nodeSignals.honoursNetworkUnavailable = false
        case "nodrain": configuration.nodeSignals.drainsOnAnnotation = false
        case "onnotready": configuration.nodeSignals.drainsOnNotReady = true
        case "oncordon": configuration.nodeSignals.drainsOnCordon = true
        case "ontaint": configuration.nodeSignals.drainingTaints.append(try TaintPattern(value))
        case "ondeletion": configuration.drainsOnServiceDeletion = true
        default: throw RowError(text: key)
        }
    }

    private static func prefixes(_ text: String) throws -> [IPPrefix] {
        try text == "none" ? [] : text.split(",").map { try IPPrefix($0) }
    }
}

extension String {
    /// The trimmed parts between separators.
    func fields(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// The trimmed parts between separators that are not empty.
    func split(_ separator: String) -> [String] {
        fields(separator).filter { !$0.isEmpty }
    }
}

extension StringProtocol {
    /// What is before and after the first separator; a missing one leaves the second part empty.
    func pair(_ separator: Character) -> (String, String) {
        let index = firstIndex(of: separator) ?? endIndex
        return (String(self[..<index]), String(self[index...].dropFirst()))
    }
}
