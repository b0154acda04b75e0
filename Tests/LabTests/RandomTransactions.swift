import NetworkTypes
import Northbound

/// The same numbers for the same seed, on every machine: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

/// Transactions from a seed: what is asked for, and what must come of it.
struct RandomTransactions {
    /// What must come of a request, whatever else is under way.
    enum Expectation: Sendable {
        /// Recorded as applied.
        case applied
        /// Refused by the policy with this code, and not recorded.
        case refused(StatusCode)
    }

    /// One request.
    struct Item: Sendable {
        var request: CommitRequest
        var expectation: Expectation
    }

    /// What is done next.
    enum Step: Sendable {
        /// All at once.
        case commits([Item])
        /// Back to what was there after an earlier step: the fraction of steps that lie before it, from 0 to below 1.
        case rollback(requestID: String, position: Double)
        /// One of the last requests again, counted back.
        case `repeat`(back: Int)

        /// Transactions in it.
        var count: Int {
            switch self {
            case .commits(let items): items.count
            case .rollback, .repeat: 1
            }
        }
    }

    /// The northbound is to be started with these limits.
    static let maximumEdits = 20
    static let options = [
        "--allow", "198.51.100.0/22", "--allow", "2001:db8:51::/64", "--maximum-edits", "\(maximumEdits)",
    ]
    private static let pool = (0..<150).map(Sample.ipv4) + (0..<150).map(Sample.ipv6)
    private static let forbidden = IPPrefix(host: IPAddress("203.0.113.9")!)
    private static let classes: [AttributeClass] = [.default, .drain, .manual]
    private static let unknownClass = AttributeClass(rawValue: "gold")!

    private var generator: SeededGenerator
    private var number = 0

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// The next step, of at most `limit` transactions.
    mutating func next(atMost limit: Int) -> Step {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<8:
            number += 1
            return .rollback(requestID: "\(number)", position: Double.random(in: 0..<1, using: &generator))
        case 8..<16: return .repeat(back: Int.random(in: 0..<50, using: &generator))
        case 16..<40: return .commits([item()])
        default:
            let count = min(limit, Int.random(in: 2...64, using: &generator))
            return .commits((0..<count).map { _ in item() })
        }
    }

    private mutating func item() -> Item {
        number += 1
        // Every number up to the limit, small ones more often: half of the requests have one edit.
        let fraction = Double.random(in: 0..<1, using: &generator)
        let count = 1 + Int(Double(Self.maximumEdits) * fraction * fraction * fraction * fraction)
        var edits = (0..<count).map { _ in edit() }
        var expectation = Expectation.applied
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<3:
            edits.insert(Sample.set(Self.forbidden), at: Int.random(in: 0...edits.count, using: &generator))
            edits.removeLast(max(0, edits.count - Self.maximumEdits))
            if edits.contains(where: { $0.prefix == Self.forbidden }) { expectation = .refused(.permissionDenied) }
        case 3..<5:
            edits += (0...Self.maximumEdits - count).map { _ in edit() }
            expectation = .refused(.resourceExhausted)
        case 5..<7:
            let prefix = Self.pool.randomElement(using: &generator)!
            edits = [Sample.set(prefix, Self.unknownClass)]
            expectation = .refused(.permissionDenied)
        default: break
        }
        return Item(request: CommitRequest("\(number)", edits), expectation: expectation)
    }

    private mutating func edit() -> NetworkEdit {
        let prefix = Self.pool.randomElement(using: &generator)!
        if Int.random(in: 0..<3, using: &generator) == 0 { return .remove(prefix) }
        return Sample.set(prefix, Self.classes.randomElement(using: &generator)!)
    }
}
