extension ObjectStore {
    /// Creates the objects of a manifest: YAML or JSON, several documents, `List` kinds too.
    ///
    /// Unlike a create over HTTP, the `status` in a document counts, namespaces that are missing are made, and an object
    /// without a namespace goes to `default`. Loading stops at the first document that is refused; those before stay.
    ///
    /// - Parameters:
    ///   - text: the manifest.
    ///   - source: what to call it in errors, for instance the file name.
    /// - Returns: how many objects were created.
    /// - Throws: `KubeSimError` naming the source and the document.
    @discardableResult
    public func load(_ text: String, source: String = "manifest") throws(KubeSimError) -> Int {
        var documents: [JSONValue]
        do {
            documents =
                try text.utf8.first(where: { $0 > 0x20 }) == UInt8(ascii: "{")
                ? [JSONValue(parsing: text)] : YAMLReader.documents(text)
        } catch {
            throw KubeSimError(code: .badManifest, message: "\(source): \(error)")
        }
        documents = documents.flatMap { document in
            document["kind"]?.string?.hasSuffix("List") == true ? document["items"]?.array ?? [] : [document]
        }
        for (index, document) in documents.enumerated() {
            do {
                try loadOne(document)
            } catch {
                throw KubeSimError(
                    code: .badManifest, message: "\(source): document \(index + 1): \(error.message)")
            }
        }
        return documents.count
    }

    private func loadOne(_ document: JSONValue) throws(APIStatus) {
        let apiVersion = document["apiVersion"]?.string ?? ""
        let kind = document["kind"]?.string ?? ""
        guard let type = ResourceType.find(apiVersion: apiVersion, kind: kind) else {
            throw .badRequest("no resource for apiVersion \"\(apiVersion)\", kind \"\(kind)\"")
        }
        var object = document
        for key in ["resourceVersion", "uid", "creationTimestamp", "generation"] {
            if object.at("metadata", key) != nil { object.set(["metadata", key], to: nil) }
        }
        var namespace: String?
        if type.isNamespaced {
            let name = object.at("metadata", "namespace")?.string ?? "default"
            do {
                try create(.namespaces, object: ["metadata": ["name": .string(name)]])
            } catch  where error.reason == "AlreadyExists" {
                // It need not be made.
            }
            namespace = name
        }
        let created = try create(type, namespace: namespace, object: object)
        if type.hasStatus, let status = document["status"], let name = created.at("metadata", "name")?.string {
            try patch(type, namespace: namespace, name: name, subresource: "status", patch: ["status": status])
        }
    }
}
