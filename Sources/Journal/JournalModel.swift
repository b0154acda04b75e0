internal import NetworkTypes
public import Northbound

/// The networks at one point of a journal: what an export begins with.
public struct JournalBase: Sendable, Hashable {
    /// The record after which this holds; 0 before the first.
    public var sequence: Int64
    /// All networks there.
    public var networks: Set<Network>

    /// Makes a base; the default is the beginning of a journal.
    public init(sequence: Int64 = 0, networks: Set<Network> = []) {
        self.sequence = sequence
        self.networks = networks
    }
}

/// Rebuilds the announcements from exported records alone, without a journal and without FRR.
///
/// Records come in any order of their ends: one that was `pending` or `unknown` may come again with its outcome, after
/// later ones. What counts is the order of sequence numbers, as in the journal itself.
public struct JournalModel: Sendable {
    /// Why a record cannot follow what is here already.
    public struct Gap: Error, Sendable, Hashable, CustomStringConvertible {
        /// The number that was expected.
        public let expected: Int64
        /// The number that came.
        public let found: Int64

        /// One line.
        public var description: String { "record \(found) does not follow: record \(expected) is missing" }
    }

    /// The last record that is known.
    public private(set) var lastSequence: Int64
    /// The last record up to which every outcome is final.
    public private(set) var settledSequence: Int64
    private var settled: [IPPrefix: AttributeClass]
    private var waiting: [Int64: TransactionRecord] = [:]

    /// Starts from a base.
    public init(_ base: JournalBase = JournalBase()) {
        lastSequence = base.sequence
        settledSequence = base.sequence
        settled = [:]
        for network in base.networks { settled[network.prefix] = network.attributeClass }
    }

    /// Reads export lines: a base line starts anew, a record line is added. Empty lines are skipped.
    ///
    /// - Throws: `JournalExport.Failure` naming line and field, for a line that cannot be read and for a record before
    ///   which one is missing.
    public init(lines: some Sequence<some StringProtocol>) throws(JournalExport.Failure) {
        self.init()
        for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
            switch try JournalExport.decode(line, number: index + 1) {
            case .base(let base): self = JournalModel(base)
            case .record(let record):
                do { try add(record) } catch {
                    throw JournalExport.Failure(lineNumber: index + 1, reason: "sequence: \(error)")
                }
            }
        }
    }

    /// The networks after the last record, of the records that are applied.
    public var networks: Set<Network> {
        var networks = settled
        for sequence in waiting.keys.sorted() { Self.apply(waiting[sequence], to: &networks) }
        return Network.set(networks)
    }

    /// Adds a record, or gives one that is here its outcome. A record that is settled already is passed over.
    public mutating func add(_ record: TransactionRecord) throws(Gap) {
        guard record.sequence > settledSequence else { return }
        guard record.sequence <= lastSequence + 1 else {
            throw Gap(expected: lastSequence + 1, found: record.sequence)
        }
        lastSequence = max(lastSequence, record.sequence)
        waiting[record.sequence] = record
        while let next = waiting[settledSequence + 1], next.outcome == .applied || next.outcome == .rejected {
            Self.apply(next, to: &settled)
            settledSequence += 1
            waiting[settledSequence] = nil
        }
    }

    private static func apply(_ record: TransactionRecord?, to networks: inout [IPPrefix: AttributeClass]) {
        guard let record, record.outcome == .applied else { return }
        for edit in record.edits { networks[edit.prefix] = edit.after }
    }
}

extension Network {
    /// A table as a set.
    static func set(_ networks: [IPPrefix: AttributeClass]) -> Set<Network> {
        Set(networks.map { Network(prefix: $0.key, attributeClass: $0.value) })
    }
}
