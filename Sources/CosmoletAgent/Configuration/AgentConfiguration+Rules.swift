internal import Announcements
internal import NetworkTypes
internal import Yams

extension AgentConfiguration {
    /// The section `announce:`.
    static let announceFields: [Field<AgentConfiguration>] = [
        Field("kinds", \.planner.kinds, kinds, "Kinds of VIP."),
        Field(
            "allowedPrefixes", \.planner.allowedLoadBalancerPrefixes, allowedPrefixes,
            "Prefixes that LoadBalancer addresses must lie in; empty: any."),
        Field(
            "allowedExternalPrefixes", \.planner.allowedExternalPrefixes, ValueKind<[IPPrefix]>.prefixes.optional,
            "Prefixes that external IPs must lie in; empty: none. Default: allowedPrefixes, and none if that is empty."),
        Field(
            "loadBalancerClasses", \.planner.loadBalancerClasses, loadBalancerClasses,
            "Values of spec.loadBalancerClass: any, unset, or a list of names and unset."),
        Field("namespaces", \.planner.selection.namespaces, .lists(of: namespace), "Namespaces by name."),
        Field(
            "namespaceLabels", \.planner.selection.namespaceLabels, .lists(of: selector),
            "Namespaces by label, as for kubectl -l."),
        Field(
            "serviceLabels", \.planner.selection.serviceLabels, .lists(of: selector),
            "Services by label, as for kubectl -l."),
        Field(
            "zeroEndpoints", \.planner.zeroEndpoints, .choice,
            "What happens under policy Cluster when no endpoint counts."),
        Field(
            "nodeExclusionLabel", \.planner.nodeSignals.honoursExclusionLabel, .boolean,
            "Whether the label node.kubernetes.io/exclude-from-external-load-balancers takes LoadBalancer VIPs away."),
        Field(
            "networkUnavailable", \.planner.nodeSignals.honoursNetworkUnavailable, .boolean,
            "Whether the condition NetworkUnavailable takes everything away."),
        Field(
            "drainOnTerminating", \.planner.drainsOnTerminating, .boolean,
            "Whether VIPs with only terminating endpoints left carry class drain."),
        Field(
            "holdDown", \.planner.holdDown, holdDown.orOff,
            "When a VIP that comes and goes is held down, or off."),
        Field("fuse", \.planner.fuse, fuse.orOff, "When many withdrawals at once are held back, or off."),
    ]

    /// The section `drain:`.
    static let drainFields: [Field<AgentConfiguration>] = [
        Field("holdSeconds", \.planner.drainHold, .seconds(0...3600), "Time with class drain before the withdrawal."),
        Field(
            "onAnnotation", \.planner.nodeSignals.drainsOnAnnotation, .boolean,
            "Whether the annotation cosmolet.io/drain of the Node drains."),
        Field(
            "onNotReady", \.planner.nodeSignals.drainsOnNotReady, .boolean, "Whether a node that is not ready drains."),
        Field("onCordon", \.planner.nodeSignals.drainsOnCordon, .boolean, "Whether a cordon drains."),
        Field(
            "onTaints", \.planner.nodeSignals.drainingTaints, .list(of: taint),
            "Taints that drain: key, key=value, key:Effect or key=value:Effect."),
        Field(
            "onServiceDeletion", \.planner.drainsOnServiceDeletion, .boolean,
            "Whether a Service is drained as soon as it is being deleted."),
    ]

    private static let kinds = ValueKind<Set<VIPKind>>(
        .list(ValueKind<VIPKind>.choice.shape, isSet: true),
        read: { yaml, errors in ValueKind.list(of: ValueKind<VIPKind>.choice).read(yaml, &errors).map { Set($0) } },
        write: { .list($0.sorted().map { .text($0.rawValue) }) })

    /// An empty list in a chart's values means: no restriction was stated.
    private static let allowedPrefixes = ValueKind<[IPPrefix]?>(
        ValueKind<[IPPrefix]>.prefixes.shape,
        read: { yaml, errors in
            guard let prefixes = ValueKind<[IPPrefix]>.prefixes.read(yaml, &errors) else { return nil }
            return .some(prefixes.isEmpty ? nil : prefixes)
        },
        write: { ValueKind<[IPPrefix]>.prefixes.write($0 ?? []) })

    private static let className = ValueKind<String>(
        .text(pattern: "^(?!any$).+$"), write: { .text($0) }
    ) { yaml throws(ConfigurationError) in
        let text = try yaml.string()
        guard !text.isEmpty, text != "any" else {
            throw yaml.error("is \"\(text)\", but the name of a class, or unset, is expected")
        }
        return text
    }

    /// `any`, `unset`, or a list of class names in which `unset` stands for Services without a class.
    private static let loadBalancerClasses = ValueKind<LoadBalancerClasses>(
        .either([.choice(["any", "unset"]), .list(className.shape, isSet: true)]),
        read: { yaml, errors in
            if let word = yaml.node.scalar?.string {
                switch word {
                case "any": return .any
                case "unset": return .only([], unset: true)
                default:
                    errors.append(
                        yaml.error("is \"\(word.prefix(64))\", but any, unset or a list of classes is expected"))
                    return nil
                }
            }
            guard let names = ValueKind.list(of: className).read(yaml, &errors) else { return nil }
            // An empty list in a chart's values means: no restriction was stated.
            return names.isEmpty ? .any : .only(Set(names).subtracting(["unset"]), unset: names.contains("unset"))
        },
        write: { classes in
            guard case .only(let names, let unset) = classes else { return .text("any") }
            return .list(((unset ? ["unset"] : []) + names.sorted()).map { .text($0) })
        })

    /// A DNS label (RFC 1123).
    private static let namespace = ValueKind<String>(
        .text(pattern: "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"), write: { .text($0) }
    ) { yaml throws(ConfigurationError) in
        let text = try yaml.string()
        let isName =
            (1...63).contains(text.utf8.count) && text.first != "-" && text.last != "-"
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        guard isName else { throw yaml.error("is \"\(text.prefix(64))\", but the name of a namespace is expected") }
        return text
    }

    private static let selector = ValueKind<LabelSelector>(.text(), write: { .text($0.description) }) {
        yaml throws(ConfigurationError) in
        let text = try yaml.string()
        do throws(SelectorError) { return try LabelSelector(text) } catch { throw yaml.error(error.description) }
    }

    private static let taint = ValueKind<TaintPattern>(.text(), write: { .text($0.description) }) {
        yaml throws(ConfigurationError) in
        let text = try yaml.string()
        do throws(SelectorError) { return try TaintPattern(text) } catch { throw yaml.error(error.description) }
    }

    private static let holdDown = ValueKind<HoldDown>.section(
        [
            Field("changes", \.changes, .integer(2...1000), "So many changes"),
            Field("windowSeconds", \.window, .seconds(1...3600), "within this time,"),
            Field("holdSeconds", \.hold, .seconds(1...3600), "until it has been quiet for so long."),
        ], initial: HoldDown())

    private static let fuse = ValueKind<WithdrawalFuse>.section(
        [
            Field("percent", \.share, .integer(0...100), "More than this share of what is announced"),
            Field("minimum", \.minimum, .integer(0...1_000_000), "and more than this many VIPs,"),
            Field("holdSeconds", \.hold, .seconds(1...86400), "until the wish has lasted for so long."),
        ], initial: WithdrawalFuse())
}

extension ValueKind {
    /// A mapping that may also be `off`; the error of any other single value says so.
    fileprivate static func section(_ fields: [Field<Value>], initial: Value) -> ValueKind {
        let mapping = ValueKind.mapping(fields, initial: initial)
        return ValueKind(
            mapping.shape,
            read: { yaml, errors in
                guard let word = yaml.node.scalar?.string else { return mapping.read(yaml, &errors) }
                errors.append(yaml.error("is \"\(word.prefix(64))\", but a mapping or off is expected"))
                return nil
            }, write: mapping.write)
    }

    /// Two lists, of which what one takes in the other may not leave out.
    fileprivate static func lists<Element: Hashable & Sendable>(
        of kind: ValueKind<Element>
    ) -> ValueKind<IncludeExclude<Element>> where Value == IncludeExclude<Element> {
        let lists = ValueKind.mapping(
            [
                Field("include", \.include, .list(of: kind), "Only these; empty: all."),
                Field("exclude", \.exclude, .list(of: kind), "Not these."),
            ], initial: IncludeExclude<Element>())
        return ValueKind(
            lists.shape,
            read: { yaml, errors in
                guard let value = lists.read(yaml, &errors) else { return nil }
                let excluded = yaml.node.mapping?["exclude"]?.sequence.map(Array.init) ?? []
                for (index, element) in value.exclude.enumerated() where value.include.contains(element) {
                    errors.append(
                        ConfigurationError(
                            "\(yaml.path).exclude[\(index)]", line: excluded[index].mark?.line,
                            "stands in \(yaml.path).include as well, and excluded it is; take it out of one of the two")
                    )
                }
                return value
            }, write: lists.write)
    }
}
