public import NetworkTypes

/// Refusals of attribute classes: no network of the class is taken, whatever its prefix is, so that none needs to be tried.
/// They are told in words, since they reach an agent through the northbound's API as well.
public enum ClassRefusal {
    private static let routeMaps = "no route-map of class "

    /// A policy does not allow the class.
    public static func notAllowed(_ name: AttributeClass) -> String { "class \(name) is not allowed" }

    /// There is no tag by which provider mgmtd tells the class.
    public static func noTag(_ name: AttributeClass) -> String { "class \(name) has no route tag" }

    /// bgpd has no route-map of the classes. More words follow a semicolon only.
    public static func noRouteMap(_ names: Set<AttributeClass>) -> String {
        routeMaps + names.sorted().map(\.rawValue).joined(separator: ", ") + ";"
    }

    /// The edits that set networks of the classes that a refusal is about; empty when it is about something else.
    public static func edits(of edits: [NetworkEdit], namedIn message: String) -> Set<NetworkEdit> {
        let used = edits.reduce(into: Set<AttributeClass>()) { used, edit in
            if case .set(let network) = edit { used.insert(network.attributeClass) }
        }
        var named = used.filter { message.contains(notAllowed($0)) || message.contains(noTag($0)) }
        if let start = message.firstRange(of: routeMaps)?.upperBound {
            let names = message[start...].prefix { $0 != ";" }.split(separator: ",")
            for name in names {
                guard let name = AttributeClass(rawValue: String(name.drop { $0 == " " })) else { continue }
                named.insert(name)
            }
        }
        return Set(
            edits.filter { if case .set(let network) = $0 { named.contains(network.attributeClass) } else { false } })
    }
}
