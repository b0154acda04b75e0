/// Everything the server knows, as one value behind the lock of `ObjectStore`.
///
/// Each method is one atomic step: it either commits, with its history entry and its delivery to watchers, or throws
/// and has changed nothing.
struct StoreState: Sendable {
    /// The global resourceVersion: that of the last commit.
    var revision: Int64
    var tables: [ResourceType: ObjectTable] = [:]
    var history: EventHistory
    var addresses = ClusterIPAllocator()
    var watches: [ResourceType: [UInt64: WatchSubscription]] = [:]
    var lastWatchID: UInt64 = 0
    /// A copy that runs a dry run commits to itself only and tells no watcher.
    var isDryRun = false

    init(historyCapacity: Int, revision: Int64) {
        self.revision = revision
        history = EventHistory(capacity: historyCapacity, compactedRevision: revision)
        for name in ["default", "kube-system"] {
            let namespace: JSONValue = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)]]
            do {
                _ = try create(.namespaces, namespace: nil, object: namespace)
            } catch {
                preconditionFailure("built-in namespace refused: \(error)")
            }
        }
    }

    // MARK: - Reading

    func find(_ type: ResourceType, namespace: String?, name: String) throws(APIStatus) -> StoredObject {
        guard let object = tables[type]?[ObjectKey(namespace: namespace ?? "", name: name)] else {
            throw .notFound(type, name)
        }
        return object
    }

    // MARK: - Creating

    mutating func create(
        _ type: ResourceType, namespace: String?, object: JSONValue
    ) throws(APIStatus) -> StoredObject {
        var new = object
        try ObjectRules.checkShape(&new, type: type, namespace: namespace, name: nil)
        if let version = new.at("metadata", "resourceVersion")?.string, !version.isEmpty {
            throw .badRequest("resourceVersion should not be set on objects to be created")
        }
        try ObjectRules.prepareMetadata(&new, type: type, namespace: namespace)
        let key = ObjectKey(namespace: namespace ?? "", name: new.at("metadata", "name")?.string ?? "")
        if let namespace { try checkNamespaceTakesObjects(namespace, type: type, name: key.name) }
        if tables[type]?[key] != nil { throw .alreadyExists(type, key.name) }
        switch type {
        case .services:
            new["status"] = ["loadBalancer": [:]]
            ServiceRules.applyDefaults(&new)
            try ObjectRules.validate(new, type: type, name: key.name)
            try ServiceRules.assignAddresses(&new, old: nil, allocator: &addresses)
        case .namespaces:
            new["status"] = ["phase": "Active"]
            if new.at("spec", "finalizers") == nil { new.set(["spec", "finalizers"], to: ["kubernetes"]) }
            new.set(["metadata", "labels", "kubernetes.io/metadata.name"], to: .string(key.name))
            try ObjectRules.validate(new, type: type, name: key.name)
        default:
            ObjectRules.applyDefaults(&new, type: type)
            try ObjectRules.validate(new, type: type, name: key.name)
        }
        return commit(type, key: key, value: new)
    }

    // MARK: - Changing

    /// Replaces an object, or with subresource `status` its status only.
    mutating func update(
        _ type: ResourceType, namespace: String?, name: String, subresource: String?, object: JSONValue
    ) throws(APIStatus) -> StoredObject {
        let old = try find(type, namespace: namespace, name: name)
        var new = object
        try ObjectRules.checkShape(&new, type: type, namespace: namespace, name: name)
        try ObjectRules.checkPreconditions(new, against: old)
        ObjectRules.carryOverMetadata(&new, from: old)
        if subresource == "status" {
            let status = new["status"]
            for (key, value) in old.value.object ?? [:] where key != "metadata" { new[key] = value }
            for key in new.object?.keys.filter({ old.value[$0] == nil }) ?? [] { new[key] = nil }
            new["status"] = status ?? old.value["status"]
        } else if type.hasStatus {
            new["status"] = old.value["status"]
        }
        try ObjectRules.checkFinalizers(new, against: old)
        if type == .services {
            ServiceRules.applyDefaults(&new)
            if new.at("spec", "type")?.string != "LoadBalancer", subresource == nil {
                new["status"] = ["loadBalancer": [:]]
            }
            try ObjectRules.validate(new, type: type, name: name)
            try ServiceRules.assignAddresses(&new, old: old.value, allocator: &addresses)
        } else {
            ObjectRules.applyDefaults(&new, type: type)
            try ObjectRules.validate(new, type: type, name: name)
        }
        if new == old.value { return old }  // an update that changes nothing is not a write, and no event
        if ObjectRules.isSpecChange(from: old.value, to: new),
            let generation = new.at("metadata", "generation")?.integer
        {
            new.set(["metadata", "generation"], to: .integer(generation + 1))
        }
        if type == .services { releaseAddresses(of: old.value, exceptThoseOf: new) }
        if old.isBeingDeleted, (new.at("metadata", "finalizers")?.array ?? []).isEmpty, type != .namespaces {
            let last = StoredObject(
                type: type, namespace: old.namespace, name: old.name, revision: old.revision, value: new)
            return remove(last, previous: old)
        }
        return commit(type, key: old.key, value: new)
    }

    /// Changes an object by a patch of any of the four kinds. Apply makes an object that is missing.
    ///
    /// - Returns: the object and whether it was created.
    mutating func patch(
        _ type: ResourceType, namespace: String?, name: String, subresource: String?, patch: JSONValue, kind: PatchKind
    ) throws(APIStatus) -> (object: StoredObject, wasCreated: Bool) {
        let old: StoredObject
        do {
            old = try find(type, namespace: namespace, name: name)
        } catch {
            guard kind == .apply, subresource == nil else { throw error }
            var new = patch
            if new.at("metadata", "name") == nil { new.set(["metadata", "name"], to: .string(name)) }
            return (try create(type, namespace: namespace, object: new), true)
        }
        let patched = try kind.apply(patch, to: old.value, type: type)
        let updated = try update(
            type, namespace: namespace, name: name, subresource: subresource, object: patched)
        return (updated, false)
    }

    // MARK: - Deleting

    /// Deletes an object, or marks it when finalizers hold it.
    ///
    /// - Returns: the last state, and whether it is gone now.
    mutating func delete(
        _ type: ResourceType, namespace: String?, name: String, preconditions: DeletePreconditions
    ) throws(APIStatus) -> (object: StoredObject, isGone: Bool) {
        let old = try find(type, namespace: namespace, name: name)
        try preconditions.check(old)
        if type == .namespaces { return try deleteNamespace(old) }
        if old.finalizers.isEmpty { return (remove(old, previous: old), true) }
        if old.isBeingDeleted { return (old, false) }
        return (commit(type, key: old.key, value: ObjectRules.markedForDeletion(old.value)), false)
    }

    /// A namespace becomes Terminating, its contents are deleted, and it goes when the last of them has gone.
    private mutating func deleteNamespace(_ old: StoredObject) throws(APIStatus) -> (object: StoredObject, isGone: Bool)
    {
        if old.name == "default" || old.name == "kube-system" {
            throw .forbidden(.namespaces, old.name, "this namespace may not be deleted")
        }
        var marked = old
        if !old.isBeingDeleted {
            var value = ObjectRules.markedForDeletion(old.value)
            value.set(["status", "phase"], to: "Terminating")
            marked = commit(.namespaces, key: old.key, value: value)
        }
        for type in ResourceType.all where type.isNamespaced {
            for object in tables[type]?.ordered(in: old.name) ?? [] {
                _ = try delete(type, namespace: old.name, name: object.name, preconditions: DeletePreconditions())
            }
        }
        let isGone = tables[.namespaces]?[old.key] == nil
        finishNamespaceIfEmpty(old.name)
        return (marked, isGone || tables[.namespaces]?[old.key] == nil)
    }

    private mutating func finishNamespaceIfEmpty(_ name: String) {
        guard let object = tables[.namespaces]?[ObjectKey(namespace: "", name: name)], object.isBeingDeleted,
            object.finalizers.isEmpty,
            ResourceType.all.allSatisfy({ !$0.isNamespaced || tables[$0]?.isEmpty(in: name) ?? true })
        else { return }
        _ = remove(object, previous: object)
    }

    // MARK: - Committing

    /// Stores a value under the next revision and tells the watchers.
    private mutating func commit(_ type: ResourceType, key: ObjectKey, value: JSONValue) -> StoredObject {
        revision += 1
        let object = StoredObject(
            type: type, namespace: key.namespace, name: key.name, revision: revision, value: value)
        let previous = tables[type]?[key]
        tables[type, default: ObjectTable()].put(object)
        publish(
            HistoryEntry(revision: revision, type: type, previous: previous, current: object, removed: nil))
        return object
    }

    private mutating func remove(_ last: StoredObject, previous: StoredObject) -> StoredObject {
        revision += 1
        let removed = last.withRevision(revision)
        tables[last.type]?.remove(last.key)
        if last.type == .services { releaseAddresses(of: previous.value, exceptThoseOf: nil) }
        publish(
            HistoryEntry(revision: revision, type: last.type, previous: previous, current: nil, removed: removed))
        if last.type.isNamespaced { finishNamespaceIfEmpty(last.namespace) }
        return removed
    }

    private mutating func publish(_ entry: HistoryEntry) {
        guard !isDryRun else { return }
        history.append(entry)
        guard let watches = watches[entry.type] else { return }
        for subscription in watches.values { subscription.offer(entry) }
    }

    private mutating func releaseAddresses(of old: JSONValue, exceptThoseOf new: JSONValue?) {
        let kept = Set(new.map(ServiceRules.addresses(of:)) ?? [])
        for address in ServiceRules.addresses(of: old) where !kept.contains(address) { addresses.release(address) }
    }

    private func checkNamespaceTakesObjects(_ namespace: String, type: ResourceType, name: String) throws(APIStatus) {
        let object = try find(.namespaces, namespace: nil, name: namespace)
        if object.isBeingDeleted {
            throw .forbidden(
                type, name,
                "unable to create new content in namespace \(namespace) because it is being terminated")
        }
    }
}

/// What a delete request demands of the object before it is deleted.
public struct DeletePreconditions: Sendable, Equatable {
    /// The uid the object must have.
    public var uid: String?
    /// The resourceVersion the object must have.
    public var resourceVersion: String?

    /// Makes preconditions; without any, the object is deleted as it is.
    public init(uid: String? = nil, resourceVersion: String? = nil) {
        self.uid = uid
        self.resourceVersion = resourceVersion
    }

    func check(_ object: StoredObject) throws(APIStatus) {
        if let uid, uid != object.uid {
            throw .conflict(
                object.type, object.name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(object.uid)")
        }
        if let resourceVersion, resourceVersion != String(object.revision) {
            throw .conflict(
                object.type, object.name,
                "Precondition failed: ResourceVersion in precondition: \(resourceVersion), "
                    + "ResourceVersion in object meta: \(object.revision)")
        }
    }
}
