import FoundationEssentials

/// What the server does to every object, whatever its type: metadata, preconditions, finalizers.
enum ObjectRules {
    /// Checks that a document is an object of this type for this place, and fills in `apiVersion` and `kind`.
    ///
    /// - Parameter name: the name in the path, nil when creating.
    static func checkShape(
        _ object: inout JSONValue, type: ResourceType, namespace: String?, name: String?
    ) throws(APIStatus) {
        guard object.object != nil else {
            throw .badRequest("the body must be a JSON object, not \(object.typeName)")
        }
        if let kind = object["kind"]?.string, !kind.isEmpty, kind != type.kind {
            throw .badRequest("the kind in the body (\(kind)) does not match the resource of the URL (\(type.kind))")
        }
        if let version = object["apiVersion"]?.string, !version.isEmpty, version != type.apiVersion {
            throw .badRequest(
                "the API version in the data (\(version)) does not match the expected API version (\(type.apiVersion))")
        }
        object["apiVersion"] = .string(type.apiVersion)
        object["kind"] = .string(type.kind)
        if object["metadata"] == nil || object["metadata"]?.isNull == true { object["metadata"] = [:] }
        guard let metadata = object["metadata"], metadata.object != nil else {
            throw .badRequest("metadata must be an object")
        }
        try checkMetadataTypes(metadata)
        if let bodyNamespace = metadata["namespace"]?.string, !bodyNamespace.isEmpty, bodyNamespace != namespace ?? "" {
            if type.isNamespaced {
                throw .badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request")
            }
            object.set(["metadata", "namespace"], to: nil)
        }
        if let name {
            let bodyName = metadata["name"]?.string ?? name
            guard bodyName == name else {
                throw .badRequest(
                    "the name of the object (\(bodyName)) does not match the name on the URL (\(name))")
            }
            object.set(["metadata", "name"], to: .string(name))
        }
    }

    /// Settles the name and sets what only the server may set on a new object.
    static func prepareMetadata(
        _ object: inout JSONValue, type: ResourceType, namespace: String?
    ) throws(APIStatus) {
        var metadata = object["metadata"] ?? [:]
        var name = metadata["name"]?.string ?? ""
        if name.isEmpty {
            guard let prefix = metadata["generateName"]?.string, !prefix.isEmpty else {
                throw .invalid(type, "", [.required("metadata.name", "name or generateName is required")])
            }
            name = prefix + randomSuffix()
        }
        metadata["name"] = .string(name)
        metadata["namespace"] = namespace.map(JSONValue.string)
        metadata["uid"] = .string(UUID().uuidString.lowercased())
        metadata["creationTimestamp"] = .string(Timestamp.now())
        metadata["generation"] = type == .events ? nil : 1
        for key in ["deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion", "selfLink"] {
            metadata[key] = nil
        }
        object["metadata"] = metadata
    }

    /// An update may name the uid and the resourceVersion it was made from; either must still hold.
    static func checkPreconditions(_ new: JSONValue, against old: StoredObject) throws(APIStatus) {
        if let uid = new.at("metadata", "uid")?.string, !uid.isEmpty, uid != old.uid {
            throw .conflict(
                old.type, old.name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(old.uid)")
        }
        if let version = new.at("metadata", "resourceVersion")?.string, !version.isEmpty {
            guard Int64(version) != nil else {
                throw .invalid(
                    old.type, old.name,
                    [.invalid("metadata.resourceVersion", "\"\(version)\"", "must be a number")])
            }
            if version != String(old.revision) { throw .stale(old.type, old.name) }
        }
    }

    /// Takes over what an update cannot change.
    static func carryOverMetadata(_ new: inout JSONValue, from old: StoredObject) {
        var metadata = new["metadata"] ?? [:]
        let fixed = [
            "name", "namespace", "uid", "creationTimestamp", "generation", "deletionTimestamp",
            "deletionGracePeriodSeconds", "resourceVersion", "generateName",
        ]
        for key in fixed { metadata[key] = old.value.at("metadata", key) }
        for key in ["labels", "annotations", "finalizers", "ownerReferences"] {
            switch metadata[key] {
            case .some(.null), .some(.object([:])), .some(.array([])): metadata[key] = nil
            default: break
            }
        }
        new["metadata"] = metadata
    }

    static func checkFinalizers(_ new: JSONValue, against old: StoredObject) throws(APIStatus) {
        guard old.isBeingDeleted else { return }
        let known = Set(old.finalizers)
        if let added = (new.at("metadata", "finalizers")?.array ?? []).first(where: { !known.contains($0) }) {
            throw .invalid(
                old.type, old.name,
                [
                    APIStatus.Cause(
                        reason: "FieldValueForbidden",
                        message: "Forbidden: no new finalizers can be added if the object is being deleted, found new "
                            + "finalizers \(added.text)",
                        field: "metadata.finalizers")
                ])
        }
    }

    /// Defaults of the types other than Service.
    static func applyDefaults(_ object: inout JSONValue, type: ResourceType) {
        if type == .nodes {
            if object["spec"] == nil { object["spec"] = [:] }
            if object["status"] == nil { object["status"] = [:] }
        }
        if type == .pods, object.at("status", "phase") == nil { object.set(["status", "phase"], to: "Pending") }
        if type == .endpointSlices {
            if object["endpoints"] == nil || object["endpoints"]?.isNull == true { object["endpoints"] = [] }
            if let ports = object["ports"]?.array {
                object["ports"] = .array(
                    ports.map { port in
                        guard port.object != nil else { return port }
                        var filled = port
                        if port["name"] == nil { filled["name"] = "" }
                        if port["protocol"] == nil { filled["protocol"] = "TCP" }
                        return filled
                    })
            }
        }
    }

    /// Checks name and content of an object that is otherwise complete.
    static func validate(_ object: JSONValue, type: ResourceType, name: String) throws(APIStatus) {
        var causes: [APIStatus.Cause] = []
        if let complaint = NameRules.complaint(about: name, of: type) {
            causes.append(.invalid("metadata.name", "\"\(name)\"", complaint))
        }
        switch type {
        case .services:
            causes += ServiceRules.validate(object)
            if !(object.at("status", "loadBalancer", "ingress")?.array ?? []).isEmpty,
                object.at("spec", "type")?.string != "LoadBalancer"
            {
                causes.append(
                    APIStatus.Cause(
                        reason: "FieldValueForbidden",
                        message: "Forbidden: may only be used when `spec.type` is \"LoadBalancer\"",
                        field: "status.loadBalancer.ingress"))
            }
        case .endpointSlices:
            causes += validateEndpointSlice(object)
        case .events:
            if object.at("involvedObject")?.object == nil { causes.append(.required("involvedObject")) }
        default: break
        }
        if !causes.isEmpty { throw .invalid(type, name, causes) }
    }

    static func markedForDeletion(_ object: JSONValue) -> JSONValue {
        var marked = object
        marked.set(["metadata", "deletionTimestamp"], to: .string(Timestamp.now()))
        marked.set(["metadata", "deletionGracePeriodSeconds"], to: 0)
        return marked
    }

    /// Whether anything but metadata and status differs.
    static func isSpecChange(from old: JSONValue, to new: JSONValue) -> Bool {
        func content(_ value: JSONValue) -> [String: JSONValue] {
            (value.object ?? [:]).filter { $0.key != "metadata" && $0.key != "status" }
        }
        return content(old) != content(new)
    }

    private static func validateEndpointSlice(_ slice: JSONValue) -> [APIStatus.Cause] {
        var causes: [APIStatus.Cause] = []
        switch slice["addressType"]?.string {
        case "IPv4", "IPv6", "FQDN": break
        case nil, "": causes.append(.required("addressType"))
        case .some(let other):
            causes.append(.unsupported("addressType", other, allowed: ["FQDN", "IPv4", "IPv6"]))
        }
        for (index, endpoint) in (slice["endpoints"]?.array ?? []).enumerated()
        where (endpoint["addresses"]?.array ?? []).isEmpty {
            causes.append(.required("endpoints[\(index)].addresses"))
        }
        return causes
    }

    private static func checkMetadataTypes(_ metadata: JSONValue) throws(APIStatus) {
        for key in ["labels", "annotations"] {
            guard let map = metadata[key], !map.isNull else { continue }
            guard let members = map.object else {
                throw .badRequest("metadata.\(key) must be a map of strings, not \(map.typeName)")
            }
            if let bad = members.first(where: { $0.value.string == nil }) {
                throw .badRequest("metadata.\(key).\(bad.key) must be a string, not \(bad.value.typeName)")
            }
        }
        for key in ["name", "namespace", "uid", "resourceVersion", "generateName"] {
            if let value = metadata[key], !value.isNull, value.string == nil {
                throw .badRequest("metadata.\(key) must be a string, not \(value.typeName)")
            }
        }
        for key in ["finalizers", "ownerReferences"] {
            if let value = metadata[key], !value.isNull, value.array == nil {
                throw .badRequest("metadata.\(key) must be an array, not \(value.typeName)")
            }
        }
    }

    /// Five characters from the alphabet that the real server uses for generated names.
    private static func randomSuffix() -> String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
        return String((0..<5).map { _ in alphabet.randomElement() ?? "x" })
    }
}
