import CosmoletTesting
import KubeSim

/// One row of the live rule table: Services as they are in the API, and what each node makes of their VIPs.
///
/// The row's place in the table gives its addresses, one of each family.
struct LiveRow: Sendable {
    /// Where the row's addresses lie.
    enum Range: Sendable {
        case loadBalancer, externalIP, clusterIP, forbidden
    }

    var name: String
    var services: [LiveService]
    var range = Range.loadBalancer
    var ipv4: LiveOutcome
    var ipv6: LiveOutcome
    /// Entries that are no address of the row: reason by text, on both nodes.
    var others: [String: String] = [:]
    /// What the Services become, and what then; nil for a row that stays.
    var next: (services: [LiveService], ipv4: LiveOutcome, ipv6: LiveOutcome)?

    /// A row of one Service with the same outcome for both families.
    init(
        _ name: String, _ outcome: LiveOutcome, ipv6: LiveOutcome? = nil, range: Range = .loadBalancer,
        others: [String: String] = [:], _ services: LiveService...
    ) {
        self.name = name
        self.services = services.isEmpty ? [LiveService()] : services
        self.range = range
        self.ipv4 = outcome
        self.ipv6 = ipv6 ?? outcome
        self.others = others
    }

    /// The row, and what happens to it then.
    func then(_ outcome: LiveOutcome, ipv6: LiveOutcome? = nil, _ services: LiveService...) -> LiveRow {
        var row = self
        row.next = (services, outcome, ipv6 ?? outcome)
        return row
    }

    /// Rows one after the other, each checked by the compiler for itself: as one literal they would take it minutes.
    static func table(@TableBuilder _ rows: () -> [LiveRow]) -> [LiveRow] { rows() }

    @resultBuilder enum TableBuilder {
        static func buildBlock(_ rows: LiveRow...) -> [LiveRow] { rows }
    }

    /// The addresses of the row with this number, IPv4 first.
    static func addresses(_ range: Range, _ number: Int) -> [String] {
        let hex = String(number, radix: 16)
        return switch range {
        case .loadBalancer: ["198.51.100.\(number)", "2001:db8:51::\(hex)"]
        case .externalIP: ["203.0.113.\(number)", "2001:db8:113::\(hex)"]
        case .clusterIP: ["10.96.7.\(number)", "fd00:96::7\(hex)"]
        case .forbidden: ["192.0.2.\(number)", "2001:db8:2::\(hex)"]
        }
    }
}

/// What the two nodes make of one VIP: reason code, and class unless it is not announced.
struct LiveOutcome: Sendable {
    var a: (reason: String, class: String?)
    var b: (reason: String, class: String?)

    /// Both announce it.
    static func both(_ reason: String, class name: String = "default") -> LiveOutcome {
        LiveOutcome(a: (reason, name), b: (reason, name))
    }

    /// Neither announces it.
    static func none(_ reason: String, b: String? = nil) -> LiveOutcome {
        LiveOutcome(a: (reason, nil), b: (b ?? reason, nil))
    }

    /// Only the first node announces it.
    static func onlyA(_ reason: String, b: String) -> LiveOutcome { LiveOutcome(a: (reason, "default"), b: (b, nil)) }

    /// Only the second node announces it.
    static func onlyB(_ reason: String, a: String) -> LiveOutcome { LiveOutcome(a: (a, nil), b: (reason, "default")) }

    /// There is no such entry any more, or a kind is off: no decision and no route.
    static let absent = LiveOutcome(a: ("", nil), b: ("", nil))
}

/// An endpoint: where it is and its conditions.
struct LiveEndpoint: Sendable {
    /// Index of a node of the lab; nil for a node that is not in it.
    var node: Int?
    var conditions: JSONValue

    static func ready(_ node: Int?) -> LiveEndpoint { LiveEndpoint(node: node, conditions: ["ready": true]) }
    static func unready(_ node: Int?) -> LiveEndpoint { LiveEndpoint(node: node, conditions: ["ready": false]) }
    static func unset(_ node: Int?) -> LiveEndpoint { LiveEndpoint(node: node, conditions: [:]) }

    static func terminating(_ node: Int?, ready: Bool = false, serving: Bool = true) -> LiveEndpoint {
        LiveEndpoint(
            node: node, conditions: ["ready": .bool(ready), "serving": .bool(serving), "terminating": true])
    }
}

/// A Service and its EndpointSlices, as far as a row says something about them.
struct LiveService: Sendable {
    /// Where the row's addresses are written.
    enum Place: Sendable {
        case ingress, externalIPs, clusterIPs, nowhere
    }

    var place = Place.ingress
    var policy = "Cluster"
    /// Endpoints of each family, in slices of their own; nil: no slice.
    var ipv4: [LiveEndpoint]? = [.ready(0), .ready(1)]
    var ipv6: [LiveEndpoint]? = [.ready(0), .ready(1)]
    /// A further slice of each family, with the same addresses.
    var second: [LiveEndpoint] = []
    var annotations: [String: String] = [:]
    var labels: [String: String] = [:]
    var namespace = "default"
    /// `spec` on top of what the rest says.
    var spec: [String: JSONValue] = [:]
    /// What else an ingress entry of an address says.
    var entry: [String: JSONValue] = [:]
    /// Ingress entries on top of the addresses.
    var entries: [JSONValue] = []
    /// Which addresses of the row it has.
    var families = ["IPv4", "IPv6"]
    var isBeingDeleted = false

    init(_ change: (inout LiveService) -> Void = { _ in }) { change(&self) }

    /// With these endpoints in both families.
    init(_ policy: String, _ endpoints: [LiveEndpoint]?, _ change: (inout LiveService) -> Void = { _ in }) {
        self.policy = policy
        ipv4 = endpoints
        ipv6 = endpoints
        change(&self)
    }

    /// With annotations, their keys without `cosmolet.io/`.
    init(_ annotations: [String: String], _ change: (inout LiveService) -> Void = { _ in }) {
        self.annotations = Dictionary(uniqueKeysWithValues: annotations.map { ("cosmolet.io/" + $0, $1) })
        change(&self)
    }
}
