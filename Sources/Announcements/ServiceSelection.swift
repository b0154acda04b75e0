/// Two lists of conditions: nothing in `exclude` may match, and if `include` is not empty, something in it must.
public struct IncludeExclude<Condition: Sendable & Hashable>: Sendable, Hashable {
    /// One of these must match; empty: no restriction.
    public var include: [Condition]
    /// None of these may match.
    public var exclude: [Condition]

    /// Makes lists; empty ones let everything through.
    public init(include: [Condition] = [], exclude: [Condition] = []) {
        self.include = include
        self.exclude = exclude
    }

    /// What a candidate is.
    enum Verdict {
        case passes, isExcluded, isNotIncluded
    }

    func verdict(_ matches: (Condition) -> Bool) -> Verdict {
        if exclude.contains(where: matches) { return .isExcluded }
        return include.isEmpty || include.contains(where: matches) ? .passes : .isNotIncluded
    }
}

/// Which Services are announced by a node at all. A Service can override it by `cosmolet.io/announce`.
public struct ServiceSelection: Sendable, Hashable {
    /// Namespaces by name.
    public var namespaces: IncludeExclude<String>
    /// Namespaces by their labels.
    public var namespaceLabels: IncludeExclude<LabelSelector>
    /// Services by their labels.
    public var serviceLabels: IncludeExclude<LabelSelector>

    /// The label that every Namespace carries with its own name, so that it is known without looking.
    public static let namespaceNameLabel = "kubernetes.io/metadata.name"

    /// Makes a selection; the default selects every Service.
    public init(
        namespaces: IncludeExclude<String> = IncludeExclude(),
        namespaceLabels: IncludeExclude<LabelSelector> = IncludeExclude(),
        serviceLabels: IncludeExclude<LabelSelector> = IncludeExclude()
    ) {
        self.namespaces = namespaces
        self.namespaceLabels = namespaceLabels
        self.serviceLabels = serviceLabels
    }

    /// True when Namespace objects must be watched, since a selector asks for labels that only they have.
    public var needsNamespaces: Bool {
        (namespaceLabels.include + namespaceLabels.exclude).contains { $0.keys != [Self.namespaceNameLabel] }
    }

    /// Why a Service is not selected, or nil when it is. An exclusion is named before a missing inclusion.
    ///
    /// - Parameter namespaceLabels: nil when the Namespace is not known. Labels that nobody has seen exclude nothing,
    ///   so a Service that they shall exclude would be announced until they come.
    func refusal(of service: ServiceFacts, namespaceLabels: [String: String]?) -> ReasonCode? {
        let byName = namespaces.verdict { $0 == service.id.namespace }
        if byName == .isExcluded { return .namespaceExcluded }
        if namespaceLabels == nil, needsNamespaces { return .namespaceUnknown }
        var labels = namespaceLabels ?? [:]
        labels[Self.namespaceNameLabel] = service.id.namespace
        let byNamespaceLabel = self.namespaceLabels.verdict { $0.matches(labels) }
        let byLabel = serviceLabels.verdict { $0.matches(service.labels) }
        if byNamespaceLabel == .isExcluded { return .namespaceExcluded }
        if byLabel == .isExcluded { return .serviceExcluded }
        if byName == .isNotIncluded || byNamespaceLabel == .isNotIncluded { return .namespaceNotIncluded }
        return byLabel == .isNotIncluded ? .serviceNotIncluded : nil
    }
}

/// Which values of `spec.loadBalancerClass` are announced for. Concerns LoadBalancer addresses only.
public enum LoadBalancerClasses: Sendable, Hashable {
    /// All, set or unset.
    case any
    /// The named ones, and Services without a class if `unset`.
    case only(Set<String>, unset: Bool)

    func refusal(of loadBalancerClass: String?) -> ReasonCode? {
        guard case .only(let classes, let unset) = self else { return nil }
        guard let loadBalancerClass else { return unset ? nil : .noLoadBalancerClass }
        return classes.contains(loadBalancerClass) ? nil : .otherLoadBalancerClass
    }
}
