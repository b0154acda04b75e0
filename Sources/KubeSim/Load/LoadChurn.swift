/// One change of one endpoint: it becomes ready, or ceases to be.
public struct LoadChange: Sendable, Hashable {
    /// Name of the slice.
    public let slice: String
    /// Place of the endpoint in it.
    public let position: Int
    /// What it becomes.
    public let isReady: Bool

    /// The change as JSON patch (RFC 6902).
    public var patch: JSONValue {
        [
            [
                "op": "replace", "path": .string("/endpoints/\(position)/conditions/ready"), "value": .bool(isReady),
            ]
        ]
    }
}

/// An endless row of changes of the endpoints of some slices of a load. No two lanes share a slice, so that each lane
/// may go at its own pace and the end is the same.
public struct LoadChurn: Sequence, IteratorProtocol, Sendable {
    private let plan: LoadPlan
    private let slices: [Int]
    private var random: LoadGenerator
    /// Endpoints that are not ready now, by slice and place.
    private var down: Set<[Int]> = []

    /// Makes lane number `lane` of `lanes`.
    public init(_ plan: LoadPlan, lane: Int = 0, of lanes: Int = 1) {
        self.plan = plan
        slices = stride(from: lane, to: plan.slices, by: lanes).filter { plan.endpointCount(ofSlice: $0) > 0 }
        random = LoadGenerator(seed: plan.seed &+ UInt64(lane) &* 0x9E37_79B9)
    }

    /// The next change; nil only when there is no endpoint at all.
    public mutating func next() -> LoadChange? {
        guard let slice = slices.randomElement(using: &random) else { return nil }
        let position = Int.random(in: 0..<plan.endpointCount(ofSlice: slice), using: &random)
        let wasDown = down.remove([slice, position]) != nil
        if !wasDown { down.insert([slice, position]) }
        return LoadChange(slice: plan.sliceName(slice), position: position, isReady: wasDown)
    }
}

/// A xorshift generator: the same numbers on every machine.
struct LoadGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
