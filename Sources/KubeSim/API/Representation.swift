/// In which form a client wants objects.
enum Representation: Sendable, Equatable {
    case objects
    /// Rows of a table, as `kubectl get` prints them.
    case table(includeObject: IncludedObject)

    /// What each row of a table carries besides its cells.
    enum IncludedObject: String, Sendable {
        case none = "None"
        case metadata = "Metadata"
        case object = "Object"
    }

    /// Picks the first acceptable form of an `Accept` header; nil if the server has none of them (406).
    init?(accept: String?, includeObject: String?) {
        guard let accept, !accept.isEmpty else {
            self = .objects
            return
        }
        for choice in accept.split(separator: ",") {
            let parts = choice.split(separator: ";").map(\.trimmedString)
            guard let type = parts.first, ["application/json", "application/*", "*/*"].contains(type) else { continue }
            let parameters = parts.dropFirst()
            guard let form = parameters.first(where: { $0.hasPrefix("as=") }) else {
                self = .objects
                return
            }
            if form == "as=Table", parameters.contains("g=meta.k8s.io"), parameters.contains("v=v1") {
                self = .table(includeObject: IncludedObject(rawValue: includeObject ?? "") ?? .metadata)
                return
            }
        }
        return nil
    }

    /// One object in this form.
    func encode(_ object: StoredObject) -> [UInt8] {
        guard case .table(let included) = self else { return object.encoded }
        return TableRenderer(type: object.type, includedObject: included).table(
            of: [object], revision: object.revision, withColumns: true
        ).serialized()
    }

    /// A page of a list in this form.
    func encode(_ page: ObjectPage, type: ResourceType) -> [UInt8] {
        var metadata: JSONValue = ["resourceVersion": .string(String(page.revision))]
        if let token = page.continueToken { metadata["continue"] = .string(token) }
        if let remaining = page.remainingCount { metadata["remainingItemCount"] = .integer(Int64(remaining)) }
        if case .table(let included) = self {
            var table = TableRenderer(type: type, includedObject: included).table(
                of: page.objects, revision: page.revision, withColumns: true)
            table["metadata"] = metadata
            return table.serialized()
        }
        var output: [UInt8] = []
        output.reserveCapacity(256 + page.objects.reduce(0) { $0 + $1.encoded.count + 1 })
        let head = "{\"kind\":\"\(type.kind)List\",\"apiVersion\":\"\(type.apiVersion)\",\"metadata\":"
        output.append(contentsOf: head.utf8)
        metadata.write(to: &output)
        output.append(contentsOf: ",\"items\":[".utf8)
        for (index, object) in page.objects.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            output.append(contentsOf: object.encoded)
        }
        output.append(contentsOf: "]}".utf8)
        return output
    }
}
