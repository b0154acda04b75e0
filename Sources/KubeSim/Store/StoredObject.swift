/// One version of one object, immutable, with its JSON text ready to be sent.
final class StoredObject: Sendable {
    let type: ResourceType
    /// Empty for cluster-wide types.
    let namespace: String
    let name: String
    let revision: Int64
    let value: JSONValue
    let labels: [String: String]
    /// The serialised `value`.
    let encoded: [UInt8]

    /// Order of objects in lists and of keys in the table: by namespace, then name.
    var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }

    init(type: ResourceType, namespace: String, name: String, revision: Int64, value: JSONValue) {
        self.type = type
        self.namespace = namespace
        self.name = name
        self.revision = revision
        var versioned = value
        versioned.set(["metadata", "resourceVersion"], to: .string(String(revision)))
        self.value = versioned
        self.labels = (versioned.at("metadata", "labels")?.object ?? [:]).compactMapValues(\.string)
        self.encoded = versioned.serialized()
    }

    /// The same content under another resourceVersion, as a watcher sees an object that left its selection.
    func withRevision(_ revision: Int64) -> StoredObject {
        StoredObject(type: type, namespace: namespace, name: name, revision: revision, value: value)
    }

    var uid: String { value.at("metadata", "uid")?.string ?? "" }

    var isBeingDeleted: Bool { value.at("metadata", "deletionTimestamp") != nil }

    var finalizers: [JSONValue] { value.at("metadata", "finalizers")?.array ?? [] }
}

/// Where an object sits among those of its type.
struct ObjectKey: Hashable, Comparable, Sendable {
    var namespace: String
    var name: String

    static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        left.namespace == right.namespace ? left.name < right.name : left.namespace < right.namespace
    }
}

/// The objects of one type, ordered by key.
struct ObjectTable: Sendable {
    private(set) var objects: [ObjectKey: StoredObject] = [:]
    private(set) var orderedKeys: [ObjectKey] = []

    subscript(key: ObjectKey) -> StoredObject? { objects[key] }

    mutating func put(_ object: StoredObject) {
        let key = object.key
        if objects.updateValue(object, forKey: key) == nil {
            orderedKeys.insert(key, at: firstIndex(notBefore: key))
        }
    }

    mutating func remove(_ key: ObjectKey) {
        if objects.removeValue(forKey: key) != nil {
            orderedKeys.remove(at: firstIndex(notBefore: key))
        }
    }

    /// All objects of a namespace, or of all with nil, in key order.
    func ordered(in namespace: String?) -> [StoredObject] {
        guard let namespace else { return orderedKeys.compactMap { objects[$0] } }
        var result: [StoredObject] = []
        var index = firstIndex(notBefore: ObjectKey(namespace: namespace, name: ""))
        while index < orderedKeys.count, orderedKeys[index].namespace == namespace {
            if let object = objects[orderedKeys[index]] { result.append(object) }
            index += 1
        }
        return result
    }

    /// Whether a namespace holds none of these.
    func isEmpty(in namespace: String) -> Bool {
        let index = firstIndex(notBefore: ObjectKey(namespace: namespace, name: ""))
        return index == orderedKeys.count || orderedKeys[index].namespace != namespace
    }

    private func firstIndex(notBefore key: ObjectKey) -> Int {
        var low = 0
        var high = orderedKeys.count
        while low < high {
            let middle = (low + high) / 2
            if orderedKeys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
