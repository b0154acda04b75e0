internal import Announcements
internal import NetworkTypes
internal import Yams

extension PlannerConfiguration {
    /// Reads the section `announce:`.
    mutating func readAnnounce(_ yaml: StrictYAML) throws(ConfigurationError) {
        let announce = try yaml.mapping([
            "kinds", "allowedPrefixes", "allowedExternalPrefixes", "loadBalancerClasses", "namespaces",
            "namespaceLabels", "serviceLabels", "zeroEndpoints", "nodeExclusionLabel", "networkUnavailable",
            "drainOnTerminating", "holdDown", "fuse",
        ])
        if let value = announce["kinds"] {
            kinds = []
            for item in try value.list() { kinds.insert(try item.choice(VIPKind.self)) }
        }
        if let value = announce["allowedPrefixes"] {
            // An empty list in a chart's values means: no restriction was stated.
            let prefixes = try value.prefixes()
            allowedLoadBalancerPrefixes = prefixes.isEmpty ? nil : prefixes
        }
        if let value = announce["allowedExternalPrefixes"] { allowedExternalPrefixes = try value.prefixes() }
        if let value = announce["loadBalancerClasses"] { loadBalancerClasses = try value.loadBalancerClasses() }
        if let value = announce["namespaces"] {
            selection.namespaces = try value.includeExclude { item throws(ConfigurationError) in
                try item.namespaceName()
            }
        }
        if let value = announce["namespaceLabels"] { selection.namespaceLabels = try value.labelSelectors() }
        if let value = announce["serviceLabels"] { selection.serviceLabels = try value.labelSelectors() }
        if let value = announce["zeroEndpoints"] { zeroEndpoints = try value.choice(ZeroEndpoints.self) }
        if let value = announce["nodeExclusionLabel"] { nodeSignals.honoursExclusionLabel = try value.bool() }
        if let value = announce["networkUnavailable"] { nodeSignals.honoursNetworkUnavailable = try value.bool() }
        if let value = announce["drainOnTerminating"] { drainsOnTerminating = try value.bool() }
        if let value = announce["holdDown"] { holdDown = try value.holdDown() }
        if let value = announce["fuse"] { fuse = try value.fuse() }
    }

    /// Reads the section `drain:`.
    mutating func readDrain(_ yaml: StrictYAML) throws(ConfigurationError) {
        let drain = try yaml.mapping([
            "holdSeconds", "onAnnotation", "onNotReady", "onCordon", "onTaints", "onServiceDeletion",
        ])
        if let value = drain["holdSeconds"] { drainHold = .seconds(try value.integer(0...3600)) }
        if let value = drain["onAnnotation"] { nodeSignals.drainsOnAnnotation = try value.bool() }
        if let value = drain["onNotReady"] { nodeSignals.drainsOnNotReady = try value.bool() }
        if let value = drain["onCordon"] { nodeSignals.drainsOnCordon = try value.bool() }
        if let value = drain["onTaints"] {
            nodeSignals.drainingTaints = []
            for item in try value.list() {
                let text = try item.string()
                do { nodeSignals.drainingTaints.append(try TaintPattern(text)) } catch {
                    throw item.error(error.description)
                }
            }
        }
        if let value = drain["onServiceDeletion"] { drainsOnServiceDeletion = try value.bool() }
    }
}

extension StrictYAML {
    /// `any`, `unset`, or a list of class names in which `unset` stands for Services without a class.
    fileprivate func loadBalancerClasses() throws(ConfigurationError) -> LoadBalancerClasses {
        if node.scalar != nil {
            switch try string() {
            case "any": return .any
            case "unset": return .only([], unset: true)
            default: throw error("is \"\(try string())\", but any, unset or a list of classes is expected")
            }
        }
        var classes: Set<String> = []
        for item in try list() {
            let text = try item.string()
            guard !text.isEmpty, text != "any" else {
                throw item.error("is \"\(text)\", but the name of a class, or unset, is expected")
            }
            classes.insert(text)
        }
        // An empty list in a chart's values means: no restriction was stated.
        if classes.isEmpty { return .any }
        let hasUnset = classes.remove("unset") != nil
        return .only(classes, unset: hasUnset)
    }

    fileprivate func includeExclude<Condition>(
        _ read: (StrictYAML) throws(ConfigurationError) -> Condition
    ) throws(ConfigurationError) -> IncludeExclude<Condition> {
        let lists = try mapping(["include", "exclude"])
        var result = IncludeExclude<Condition>()
        if let value = lists["include"] {
            for item in try value.list() { result.include.append(try read(item)) }
        }
        if let value = lists["exclude"] {
            for item in try value.list() { result.exclude.append(try read(item)) }
        }
        return result
    }

    fileprivate func labelSelectors() throws(ConfigurationError) -> IncludeExclude<LabelSelector> {
        try includeExclude { item throws(ConfigurationError) in try item.labelSelector() }
    }

    private func labelSelector() throws(ConfigurationError) -> LabelSelector {
        let text = try string()
        do { return try LabelSelector(text) } catch { throw self.error(error.description) }
    }

    /// A DNS label (RFC 1123).
    fileprivate func namespaceName() throws(ConfigurationError) -> String {
        let text = try string()
        let isName =
            (1...63).contains(text.utf8.count) && text.first != "-" && text.last != "-"
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        guard isName else { throw error("is \"\(text)\", but the name of a namespace is expected") }
        return text
    }

    fileprivate func holdDown() throws(ConfigurationError) -> HoldDown? {
        if try isOff() { return nil }
        let keys = try mapping(["changes", "windowSeconds", "holdSeconds"])
        var limit = HoldDown()
        if let value = keys["changes"] { limit.changes = try value.integer(2...1000) }
        if let value = keys["windowSeconds"] { limit.window = .seconds(try value.integer(1...3600)) }
        if let value = keys["holdSeconds"] { limit.hold = .seconds(try value.integer(1...3600)) }
        return limit
    }

    fileprivate func fuse() throws(ConfigurationError) -> WithdrawalFuse? {
        if try isOff() { return nil }
        let keys = try mapping(["percent", "minimum", "holdSeconds"])
        var fuse = WithdrawalFuse()
        if let value = keys["percent"] { fuse.share = try value.integer(0...100) }
        if let value = keys["minimum"] { fuse.minimum = try value.integer(0...1_000_000) }
        if let value = keys["holdSeconds"] { fuse.hold = .seconds(try value.integer(1...86400)) }
        return fuse
    }

    private func isOff() throws(ConfigurationError) -> Bool {
        guard node.scalar != nil else { return false }
        guard try string() == "off" else { throw error("is \"\(try string())\", but a mapping or off is expected") }
        return true
    }
}
