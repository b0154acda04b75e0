/// Answers one request for a resource, watches excepted.
struct ResourceHandler {
    let store: ObjectStore
    let apiRequest: APIRequest
    let type: ResourceType
    let namespace: String?
    let name: String?
    let subresource: String?
    let accept: String?

    private var query: QueryParameters { apiRequest.query }

    /// Whether the verb has a body worth reading.
    var readsBody: Bool {
        switch apiRequest.verb {
        case .create, .update, .patch, .delete, .deletecollection: true
        case .get, .list, .watch, nil: false
        }
    }

    func answer(body: [UInt8], contentType: String?) throws(APIStatus) -> Reply {
        guard let verb = apiRequest.verb else { throw .methodNotAllowed(apiRequest.method) }
        guard let representation = Representation(accept: accept, includeObject: query["includeObject"]) else {
            throw .notAcceptable
        }
        try checkSubresource(verb)
        let dryRun = try isDryRun()
        switch verb {
        case .watch: throw .methodNotAllowed(apiRequest.method)
        case .list:
            let page = try store.page(type, namespace: namespace, options: try listOptions())
            return Reply(bytes: representation.encode(page, type: type))
        case .get:
            let object = try store.found(type, namespace: namespace, name: name ?? "")
            return Reply(bytes: representation.encode(object))
        case .create:
            guard name == nil else { throw .methodNotAllowed(apiRequest.method) }
            let document = try BodyReader.document(body, contentType: contentType)
            let target = try namespaceForCreate(document)
            let object = try store.created(type, namespace: target, object: document, dryRun: dryRun)
            return Reply(status: 201, bytes: representation.encode(object))
        case .update:
            guard let name else { throw .methodNotAllowed(apiRequest.method) }
            let document = try BodyReader.document(body, contentType: contentType)
            let object = try store.updated(
                type, namespace: namespace, name: name, subresource: subresource, object: document, dryRun: dryRun)
            return Reply(bytes: representation.encode(object))
        case .patch:
            guard let name else { throw .methodNotAllowed(apiRequest.method) }
            let kind = try patchKind(contentType)
            let document = try BodyReader.patch(body, kind: kind)
            let result = try store.patched(
                type, namespace: namespace, name: name, subresource: subresource, patch: document, kind: kind,
                dryRun: dryRun)
            return Reply(status: result.wasCreated ? 201 : 200, bytes: representation.encode(result.object))
        case .delete:
            return try delete(name ?? "", body: body, contentType: contentType, dryRun: dryRun)
        case .deletecollection:
            let page = try store.page(type, namespace: namespace, options: try listOptions())
            for object in page.objects {
                try store.delete(
                    type, namespace: type.isNamespaced ? object.namespace : nil, name: object.name, dryRun: dryRun)
            }
            return Reply(bytes: Representation.objects.encode(page, type: type))
        }
    }

    private func delete(
        _ name: String, body: [UInt8], contentType: String?, dryRun: Bool
    ) throws(APIStatus) -> Reply {
        var preconditions = DeletePreconditions()
        if !body.isEmpty {
            let options = try BodyReader.document(body, contentType: contentType)
            preconditions.uid = options.at("preconditions", "uid")?.string
            preconditions.resourceVersion = options.at("preconditions", "resourceVersion")?.string
        }
        let result = try store.delete(
            type, namespace: namespace, name: name, preconditions: preconditions, dryRun: dryRun)
        guard result.isGone, type != .namespaces else { return Reply(json: result.object) }
        var details: JSONValue = ["name": .string(name), "kind": .string(type.plural)]
        if !type.group.isEmpty { details["group"] = .string(type.group) }
        details["uid"] = result.object.at("metadata", "uid")
        return Reply(json: [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details,
        ])
    }

    private func listOptions() throws(APIStatus) -> ListOptions {
        var options = ListOptions()
        options.labelSelector = try LabelSelector(parsing: query["labelSelector"] ?? "")
        options.fieldSelector = try FieldSelector(parsing: query["fieldSelector"] ?? "", for: type)
        options.limit = try query.number("limit") ?? 0
        options.continueToken = query["continue"]
        options.resourceVersion = query["resourceVersion"]
        options.resourceVersionMatch = query["resourceVersionMatch"]
        return options
    }

    private func checkSubresource(_ verb: APIRequest.Verb) throws(APIStatus) {
        guard let subresource else { return }
        guard subresource == "status", type.hasStatus else { throw .noSuchPath }
        guard [.get, .update, .patch].contains(verb) else { throw .methodNotAllowed(apiRequest.method) }
    }

    /// Objects of namespaced types are created below a namespace; the body may say which, if the path does not.
    private func namespaceForCreate(_ document: JSONValue) throws(APIStatus) -> String? {
        guard type.isNamespaced, namespace == nil else { return namespace }
        guard let named = document.at("metadata", "namespace")?.string, !named.isEmpty else {
            throw .badRequest("an empty namespace may not be set during creation")
        }
        return named
    }

    private func isDryRun() throws(APIStatus) -> Bool {
        guard let value = query["dryRun"], !value.isEmpty else { return false }
        guard value == "All" else { throw .badRequest("invalid dryRun \"\(value)\": only \"All\" is supported") }
        return true
    }

    private func patchKind(_ contentType: String?) throws(APIStatus) -> PatchKind {
        let media = BodyReader.mediaType(contentType)
        guard let kind = PatchKind(rawValue: media) else { throw .unsupportedMediaType(media) }
        return kind
    }
}

/// Reads request bodies.
enum BodyReader {
    /// The media type without its parameters, in lower case.
    static func mediaType(_ header: String?) -> String {
        (header ?? "").split(separator: ";").first.map { $0.trimmedString.lowercased() } ?? ""
    }

    /// One document in JSON, YAML or, for a few kinds, protobuf.
    static func document(_ body: [UInt8], contentType: String?) throws(APIStatus) -> JSONValue {
        switch mediaType(contentType) {
        case "", "application/json", "*/*": return try json(body)
        case "application/yaml": return try yaml(body)
        case ProtobufDocument.mediaType: return try ProtobufDocument.parse(body)
        case let other: throw .unsupportedMediaType(other)
        }
    }

    /// The body of a patch: an apply patch may be YAML, all others are JSON.
    static func patch(_ body: [UInt8], kind: PatchKind) throws(APIStatus) -> JSONValue {
        if kind == .apply, body.first(where: { $0 > 0x20 }) != UInt8(ascii: "{") { return try yaml(body) }
        return try json(body)
    }

    static func json(_ body: [UInt8]) throws(APIStatus) -> JSONValue {
        guard !body.isEmpty else { throw .badRequest("the body is empty where an object is needed") }
        do {
            return try JSONValue(parsing: body)
        } catch {
            throw .badRequest("the body is not JSON: \(error)")
        }
    }

    private static func yaml(_ body: [UInt8]) throws(APIStatus) -> JSONValue {
        let documents: [JSONValue]
        do {
            documents = try YAMLReader.documents(String(decoding: body, as: UTF8.self))
        } catch {
            throw .badRequest("the body is not YAML that kubesim reads: \(error)")
        }
        guard documents.count == 1, let document = documents.first else {
            throw .badRequest("the body must hold one YAML document, not \(documents.count)")
        }
        return document
    }
}
