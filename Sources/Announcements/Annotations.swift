/// The annotations that Cosmolet reads.
public enum AnnotationKey {
    /// What all of them begin with.
    public static let prefix = "cosmolet.io/"
    /// On a Service: `"true"` announces whatever the selectors say, `"false"` never.
    public static let announce = "cosmolet.io/announce"
    /// On a Service: the attribute class by name.
    public static let attributeClass = "cosmolet.io/class"
    /// On a Service: which kinds of VIP, instead of the configured ones, as a list with commas.
    public static let kinds = "cosmolet.io/kinds"
    /// On a Service: `withdraw`, `keep` or `drain`.
    public static let zeroEndpoints = "cosmolet.io/zero-endpoints"
    /// On a Service or a Node: `"true"` drains.
    public static let drain = "cosmolet.io/drain"

    /// On a Node: each new value lets the withdrawals through that the fuse holds at that moment.
    public static let releaseFuse = "cosmolet.io/release-fuse"

    /// On a Service or a Node: why it drains, for people. Nothing depends on it.
    public static let drainReason = "cosmolet.io/drain-reason"

    static let onService = [announce, attributeClass, kinds, zeroEndpoints, drain, drainReason]
    static let onNode = [drain, drainReason, releaseFuse]
}

/// What happens to a VIP under policy Cluster when no endpoint counts.
public enum ZeroEndpoints: String, Sendable, Hashable, CaseIterable {
    /// It is withdrawn.
    case withdraw
    /// It is announced as if there were one.
    case keep
    /// It is drained in order, then withdrawn.
    case drain
}

/// What the annotations of a Service ask for. A value that cannot be read counts as if the annotation were absent, and
/// gives a warning.
public struct ServiceAnnotations: Sendable, Hashable {
    /// `cosmolet.io/announce`: nil when absent.
    public var announce: Bool?
    /// `cosmolet.io/class`: nil when absent. May name a class that nobody defined.
    public var className: String?
    /// `cosmolet.io/kinds`: nil when absent.
    public var kinds: Set<VIPKind>?
    /// `cosmolet.io/zero-endpoints`: nil when absent.
    public var zeroEndpoints: ZeroEndpoints?
    /// `cosmolet.io/drain`: false when absent.
    public var drains: Bool
    /// `cosmolet.io/drain-reason`: nil when absent. Decides nothing.
    public var drainReason: String?
    /// What could not be read.
    public var warnings: [PlanWarning]

    /// Makes annotations; the defaults are those of a Service without any.
    public init(
        announce: Bool? = nil, className: String? = nil, kinds: Set<VIPKind>? = nil,
        zeroEndpoints: ZeroEndpoints? = nil, drains: Bool = false, warnings: [PlanWarning] = []
    ) {
        self.announce = announce
        self.className = className
        self.kinds = kinds
        self.zeroEndpoints = zeroEndpoints
        self.drains = drains
        self.warnings = warnings
    }

    /// Reads the annotations of an object; others than Cosmolet's are passed over.
    public init(_ annotations: [String: String], of service: ServiceID) {
        var reader = AnnotationReader(annotations, object: "Service \(service)")
        announce = reader.flag(AnnotationKey.announce)
        className = annotations[AnnotationKey.attributeClass]
        kinds = reader.kinds(AnnotationKey.kinds)
        zeroEndpoints = reader.choice(AnnotationKey.zeroEndpoints)
        drains = reader.flag(AnnotationKey.drain) ?? false
        drainReason = annotations[AnnotationKey.drainReason]
        reader.refuseUnknown(AnnotationKey.onService)
        warnings = reader.warnings
    }
}

/// What the annotations of a Node ask for.
public struct NodeAnnotations: Sendable, Hashable {
    /// `cosmolet.io/drain`: false when absent or unreadable.
    public var drains: Bool
    /// `cosmolet.io/drain-reason`: nil when absent. Decides nothing.
    public var drainReason: String?
    /// `cosmolet.io/release-fuse`: nil when absent. No plan depends on it; a change is what counts.
    public var fuseRelease: String?
    /// What could not be read.
    public var warnings: [PlanWarning]

    /// Makes annotations; the defaults are those of a node without any.
    public init(drains: Bool = false, fuseRelease: String? = nil, warnings: [PlanWarning] = []) {
        self.drains = drains
        self.fuseRelease = fuseRelease
        self.warnings = warnings
    }

    /// Reads the annotations of an object.
    public init(_ annotations: [String: String], ofNode name: String) {
        var reader = AnnotationReader(annotations, object: "Node \(name)")
        drains = reader.flag(AnnotationKey.drain) ?? false
        drainReason = annotations[AnnotationKey.drainReason]
        fuseRelease = annotations[AnnotationKey.releaseFuse]
        reader.refuseUnknown(AnnotationKey.onNode)
        warnings = reader.warnings
    }
}

/// Reads values and collects warnings that name object and annotation.
private struct AnnotationReader {
    let annotations: [String: String]
    let object: String
    var warnings: [PlanWarning] = []

    init(_ annotations: [String: String], object: String) {
        self.annotations = annotations
        self.object = object
    }

    mutating func flag(_ key: String) -> Bool? {
        read(key, expected: "\"true\" or \"false\"") { ["true": true, "false": false][$0] }
    }

    mutating func choice<Value: RawRepresentable & CaseIterable>(_ key: String) -> Value?
    where Value.RawValue == String {
        read(key, expected: Value.allCases.map(\.rawValue).joined(separator: ", ")) { Value(rawValue: $0) }
    }

    mutating func kinds(_ key: String) -> Set<VIPKind>? {
        let names = VIPKind.allCases.map(\.rawValue).joined(separator: ", ")
        return read(key, expected: "a list of \(names), with commas") { text in
            var kinds: Set<VIPKind> = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let kind = VIPKind(rawValue: String(part.trimmed)) else { return nil }
                kinds.insert(kind)
            }
            return kinds
        }
    }

    private mutating func read<Value>(_ key: String, expected: String, _ parse: (String) -> Value?) -> Value? {
        guard let text = annotations[key] else { return nil }
        guard let value = parse(text) else {
            warnings.append(.invalidAnnotation(object: object, key: key, value: text, expected: expected))
            return nil
        }
        return value
    }

    mutating func refuseUnknown(_ known: [String]) {
        let unknown = annotations.keys.filter { $0.hasPrefix(AnnotationKey.prefix) && !known.contains($0) }
        warnings += unknown.sorted().map { .unknownAnnotation(object: object, key: $0, known: known) }
    }
}
