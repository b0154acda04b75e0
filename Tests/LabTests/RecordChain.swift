import NetworkTypes
import Northbound
import Testing

/// Settled records one after the other: numbers without gaps, and each applied one begins where those before it ended.
struct RecordChain {
    private var classes: [IPPrefix: AttributeClass] = [:]
    private(set) var lastSequence: Int64 = 0

    /// What is announced after the last record.
    var networks: Set<Network> { Set(classes.map { Network(prefix: $0.key, attributeClass: $0.value) }) }

    /// What is announced after the last record, in prefix order.
    var sorted: [Network] { networks.sorted() }

    mutating func add(_ records: [TransactionRecord]) {
        for record in records {
            #expect(record.sequence == lastSequence + 1)
            #expect(
                record.outcome == .applied || record.outcome == .rejected, "record \(record.sequence) is not settled")
            lastSequence = record.sequence
            guard record.outcome == .applied else { continue }
            let wrong = record.edits.filter { classes[$0.prefix] != $0.before }
            #expect(wrong.isEmpty, "record \(record.sequence) says before: \(wrong)")
            for edit in record.edits { classes[edit.prefix] = edit.after }
        }
    }
}

extension RecordedEdit {
    /// What the edit wants to be there; nil for a removal.
    var wanted: Network? { after.map { Network(prefix: prefix, attributeClass: $0) } }
}
