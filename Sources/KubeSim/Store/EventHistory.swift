/// One committed change: what the object was before and what it is now; one of the two may be missing.
struct HistoryEntry: Sendable {
    let revision: Int64
    let type: ResourceType
    let previous: StoredObject?
    /// Nil after a deletion.
    let current: StoredObject?
    /// What a watcher of a deletion gets: the last state under the revision of the deletion.
    let removed: StoredObject?

    var object: StoredObject? { current ?? removed ?? previous }
}

/// The last changes, oldest first, from which watches resume and old snapshots are rebuilt.
struct EventHistory: Sendable {
    private var entries: [HistoryEntry] = []
    private var firstIndex = 0
    /// How many changes are kept.
    let capacity: Int
    /// Everything up to and including this revision has been forgotten.
    private(set) var compactedRevision: Int64

    init(capacity: Int, compactedRevision: Int64) {
        self.capacity = max(0, capacity)
        self.compactedRevision = compactedRevision
    }

    mutating func append(_ entry: HistoryEntry) {
        entries.append(entry)
        while entries.count - firstIndex > capacity {
            compactedRevision = entries[firstIndex].revision
            firstIndex += 1
        }
        // Dropping from the front is put off until half of the array is waste.
        if firstIndex > 1024, firstIndex * 2 > entries.count {
            entries.removeFirst(firstIndex)
            firstIndex = 0
        }
    }

    mutating func compact(at revision: Int64) {
        entries.removeAll()
        firstIndex = 0
        compactedRevision = revision
    }

    /// The changes after a revision, oldest first. The caller has checked that they are still there.
    func entries(after revision: Int64) -> ArraySlice<HistoryEntry> {
        var low = firstIndex
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].revision <= revision { low = middle + 1 } else { high = middle }
        }
        return entries[low...]
    }
}
