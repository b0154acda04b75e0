extension ServiceRules {
    /// What a real server would refuse in a Service, as causes in field order; empty if it is valid.
    static func validate(_ service: JSONValue) -> [APIStatus.Cause] {
        var causes: [APIStatus.Cause] = []
        guard let spec = service["spec"], spec.object != nil else {
            return [.invalid("spec", service["spec"]?.text ?? "null", "must be an object")]
        }
        checkChoice(spec, "type", ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], &causes)
        checkChoice(spec, "sessionAffinity", ["ClientIP", "None"], &causes)
        checkChoice(spec, "externalTrafficPolicy", ["Cluster", "Local"], &causes)
        checkChoice(spec, "internalTrafficPolicy", ["Cluster", "Local"], &causes)
        checkChoice(spec, "ipFamilyPolicy", ["PreferDualStack", "RequireDualStack", "SingleStack"], &causes)
        for (index, family) in (spec["ipFamilies"]?.array ?? []).enumerated() {
            if family.string.flatMap(ClusterIPAllocator.Family.init(rawValue:)) == nil {
                causes.append(
                    .unsupported("spec.ipFamilies[\(index)]", family.string ?? family.text, allowed: ["IPv4", "IPv6"]))
            }
        }
        let isHeadless = spec["clusterIP"]?.string == "None"
        if spec["type"]?.string == "ExternalName" {
            if (spec["externalName"]?.string ?? "").isEmpty { causes.append(.required("spec.externalName")) }
        } else if (spec["ports"]?.array ?? []).isEmpty, !isHeadless {
            causes.append(.required("spec.ports"))
        }
        if spec["type"]?.string == "LoadBalancer", isHeadless {
            causes.append(
                .invalid("spec.clusterIPs[0]", "\"None\"", "may not be set to 'None' for LoadBalancer services"))
        }
        checkPorts(spec["ports"]?.array ?? [], &causes)
        if let selector = spec["selector"], !selector.isNull {
            let isMapOfStrings = selector.object?.values.allSatisfy { $0.string != nil } ?? false
            if !isMapOfStrings {
                causes.append(.invalid("spec.selector", selector.text, "must be a map of strings"))
            }
        }
        return causes
    }

    private static func checkChoice(
        _ spec: JSONValue, _ key: String, _ allowed: [String], _ causes: inout [APIStatus.Cause]
    ) {
        guard let value = spec[key], !value.isNull else { return }
        if !allowed.contains(value.string ?? "") {
            causes.append(.unsupported("spec.\(key)", value.string ?? value.text, allowed: allowed))
        }
    }

    private static func checkPorts(_ ports: [JSONValue], _ causes: inout [APIStatus.Cause]) {
        var names: Set<String> = []
        var numbers: Set<String> = []
        for (index, port) in ports.enumerated() {
            let field = "spec.ports[\(index)]"
            let name = port["name"]?.string ?? ""
            if ports.count > 1, name.isEmpty { causes.append(.required("\(field).name")) }
            if !name.isEmpty {
                if !NameRules.isDNSLabel(name) {
                    causes.append(.invalid("\(field).name", "\"\(name)\"", NameRules.labelExplanation))
                }
                if !names.insert(name).inserted { causes.append(.duplicate("\(field).name", "\"\(name)\"")) }
            }
            guard let number = port["port"]?.integer else {
                causes.append(.required("\(field).port"))
                continue
            }
            if !(1...65_535).contains(number) {
                causes.append(.invalid("\(field).port", String(number), "must be between 1 and 65535, inclusive"))
            }
            let transport = port["protocol"]?.string ?? ""
            if !["SCTP", "TCP", "UDP"].contains(transport) {
                causes.append(.unsupported("\(field).protocol", transport, allowed: ["SCTP", "TCP", "UDP"]))
            }
            if !numbers.insert("\(transport)/\(number)").inserted {
                causes.append(.duplicate(field, "{\"port\":\(number),\"protocol\":\"\(transport)\"}"))
            }
        }
    }
}

/// Names as the API takes them (RFC 1123 and RFC 1035).
enum NameRules {
    static let labelExplanation =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
        + "with an alphanumeric character"
    static let subdomainExplanation =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
        + "start and end with an alphanumeric character"
    static let serviceExplanation =
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
        + "character, and end with an alphanumeric character"

    /// RFC 1123 label: at most 63 of `a-z0-9-`, alphanumeric at both ends.
    static func isDNSLabel(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    /// RFC 1123 subdomain: labels joined by dots, at most 253 in all.
    static func isSubdomain(_ text: String) -> Bool {
        text.utf8.count <= 253 && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isDNSLabel)
    }

    /// The complaint about an object's name, or nil if the name is good.
    static func complaint(about name: String, of type: ResourceType) -> String? {
        switch type {
        case .services:
            guard isDNSLabel(name), let first = name.utf8.first, first >= UInt8(ascii: "a") else {
                return serviceExplanation
            }
        case .namespaces:
            guard isDNSLabel(name) else { return labelExplanation }
        default:
            guard isSubdomain(name) else { return subdomainExplanation }
        }
        return nil
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
