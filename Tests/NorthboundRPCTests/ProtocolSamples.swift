import NetworkTypes
import Northbound
import NorthboundRPC

/// Random values of everything that the codec carries; the same for the same seed (SplitMix64).
struct ProtocolSamples: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
    mutating func positive() -> Int64 { Int64.random(in: 0...Int64.max, using: &self) }
    mutating func chance() -> Bool { Bool.random(using: &self) }
    mutating func maybe<Value>(_ make: (inout ProtocolSamples) -> Value) -> Value? { chance() ? make(&self) : nil }
    mutating func list<Value>(_ most: Int, _ make: (inout ProtocolSamples) -> Value) -> [Value] {
        (0..<number(0...most)).map { _ in make(&self) }
    }

    /// Words of one to four bytes a character.
    mutating func text(_ range: ClosedRange<Int> = 0...20) -> String {
        let characters: [Character] = ["a", "Z", "0", "/", "-", " ", "'", "\n", "é", "…", "日", "🛰"]
        return String((0..<number(range)).map { _ in characters.randomElement(using: &self)! })
    }

    mutating func prefix() -> IPPrefix {
        let family = AddressFamily.allCases.randomElement(using: &self)!
        let bits = UInt128(next()) << 64 | UInt128(next())
        let address = IPAddress(family: family, bits: family == .ipv4 ? bits & 0xFFFF_FFFF : bits)
        return IPPrefix(network: address, length: chance() ? family.bitWidth : number(0...family.bitWidth))
    }

    mutating func attributeClass() -> AttributeClass {
        [.default, .drain, .manual, AttributeClass(rawValue: "gold-1")!].randomElement(using: &self)!
    }

    mutating func network() -> Network { Network(prefix: prefix(), attributeClass: attributeClass()) }
    mutating func edit() -> NetworkEdit { chance() ? .set(network()) : .remove(prefix()) }

    mutating func management() -> ManagementCapabilities {
        ManagementCapabilities(
            provider: text(), dialect: text(), schema: text(), releases: text(), canReadState: chance())
    }

    mutating func capabilities() -> ServiceCapabilities {
        ServiceCapabilities(
            apiVersion: "\(number(0...9)).\(number(0...900))", programVersion: text(),
            management: maybe { $0.management() },
            modules: list(5) { $0.chance() ? "frr-bgp@\($0.text())" : "frr-\($0.number(0...9))" },
            policy: policy(),
            limits: ServiceLimits(
                maximumMessageByteCount: number(0...(8 << 20)), maximumQueuedCommits: maybe { $0.number(0...9999) },
                maximumCandidates: maybe { $0.number(0...99) },
                maximumCandidatesPerClient: maybe { $0.number(0...99) },
                candidateTimeout: maybe { .seconds($0.number(0...9999)) }, maximumEdits: maybe { $0.number(0...20_000) }
            ), instances: list(3) { $0.instance() }, generation: maybe { $0.next() })
    }

    mutating func instance() -> BGPInstance {
        BGPInstance(
            vrf: text(1...9), asNumber: UInt32(number(0...70_000)), hasImportCheck: chance(),
            redistributions: list(3) { samples in
                TableRedistribution(
                    family: samples.chance() ? .ipv4 : .ipv6, table: UInt32(samples.number(1...65_535)),
                    routeMap: samples.maybe { $0.text() }, routeMapExists: samples.chance())
            })
    }

    mutating func datastore() -> Datastore { Datastore.allCases.randomElement(using: &self)! }

    mutating func policy() -> NorthboundPolicy {
        var policy = NorthboundPolicy(
            allowedPrefixes: list(5) { $0.prefix() }, allowedClasses: Set(list(3) { $0.attributeClass() }),
            maximumNetworks: number(0...100_000), maximumEdits: number(0...20_000),
            table: maybe { UInt32($0.number(0...5000)) }, tags: chance() ? .standard : nil,
            allowedDatastores: Set(list(4) { $0.datastore() }))
        if chance() { policy.classTags = [attributeClass(): UInt32(number(0...300))] }
        return policy
    }

    mutating func get() -> GetRequest {
        GetRequest(
            NorthboundDataset.allCases.randomElement(using: &self)!, paths: list(5) { $0.text(1...40) },
            moment: chance() ? .now : chance() ? .afterTransaction(text(1...20)) : .afterSequence(positive()),
            datastore: maybe { $0.datastore() })
    }

    mutating func commit() -> CommitRequest {
        let candidate = maybe { $0.next() }
        return CommitRequest(
            requestID: text(1...20), client: text(1...20), edits: candidate == nil ? list(20) { $0.edit() } : [],
            candidate: candidate, cause: list(4) { $0.text() },
            phase: CommitRequest.Phase.allCases.randomElement(using: &self)!,
            confirmTimeout: maybe { .milliseconds($0.number(1...604_800_000)) }, datastore: datastore())
    }

    mutating func record() -> TransactionRecord {
        var phases: [CommitPhase: Int64] = [:]
        for phase in CommitPhase.allCases where chance() { phases[phase] = positive() }
        return TransactionRecord(
            sequence: positive(), id: text(1...20), parent: maybe { $0.text() },
            kind: TransactionKind.allCases.randomElement(using: &self)!, requestID: text(), client: text(),
            cause: list(4) { $0.text() },
            edits: list(10) { samples in
                RecordedEdit(
                    prefix: samples.prefix(), before: samples.maybe { $0.attributeClass() },
                    after: samples.maybe { $0.attributeClass() })
            },
            capabilities: maybe { $0.management() }, startedAtMicroseconds: Int64(bitPattern: next()),
            phaseMicroseconds: phases, durationMicroseconds: positive(),
            outcome: TransactionOutcome.allCases.randomElement(using: &self)!, error: maybe { $0.text() },
            confirmByMicroseconds: maybe { $0.positive() })
    }

    mutating func filter() -> TransactionFilter {
        TransactionFilter(
            afterSequence: positive(), beforeSequence: maybe { $0.positive() },
            sinceMicroseconds: maybe { $0.positive() },
            untilMicroseconds: maybe { Int64(bitPattern: $0.next()) }, within: maybe { $0.prefix() },
            service: maybe { $0.text() },
            outcomes: Set(list(4) { TransactionOutcome.allCases.randomElement(using: &$0)! }),
            limit: number(1...Limits.pageRecordCount), isNewestFirst: chance())
    }

    /// One request of each method.
    mutating func requests() -> [NorthboundRequest] {
        [
            .heartbeat(sequence: next()), .getCapabilities,
            .get(get()), .createCandidate, .editCandidate(next(), edits: list(20) { $0.edit() }),
            .deleteCandidate(next()),
            .commit(commit(), expectedGeneration: maybe { $0.next() }), .confirmCommit(id: text(1...20)),
            .listTransactions(filter()), .getTransaction(id: text(1...20)),
            .rollbackTo(id: text(1...20)), .lockConfig, .unlockConfig, .renewLease,
        ]
    }

    /// A reply to each method.
    mutating func replies() -> [(NorthboundMethod, NorthboundReply)] {
        NorthboundMethod.allCases.map { method in
            switch method {
            case .heartbeat:
                (
                    method,
                    .heartbeat(
                        HeartbeatReply(sequence: next(), instance: text(), journalSequence: maybe { $0.positive() }))
                )
            case .getCapabilities: (method, .capabilities(capabilities()))
            case .get:
                (method, MessageCodec.values(Set(list(20) { $0.network() }), generation: maybe { $0.next() }))
            case .createCandidate: (method, .candidate(next()))
            case .commit, .confirmCommit, .getTransaction, .rollbackTo:
                (method, .transaction(maybe { $0.record() }, generation: maybe { $0.next() }))
            case .listTransactions: (method, .transactions(list(5) { $0.record() }, next: maybe { $0.positive() }))
            case .editCandidate, .deleteCandidate, .lockConfig, .unlockConfig, .renewLease: (method, .done)
            }
        }
    }
}

/// Bytes of protobuf put together by hand, for messages that no encoder makes.
struct RawMessage {
    private(set) var bytes: [UInt8] = []

    func varint(_ field: Int, _ value: UInt64) -> RawMessage {
        adding(Self.varint(UInt64(field) << 3) + Self.varint(value))
    }
    func block(_ field: Int, _ value: [UInt8]) -> RawMessage {
        adding(Self.varint(UInt64(field) << 3 | 2) + Self.varint(UInt64(value.count)) + value)
    }
    func text(_ field: Int, _ value: String) -> RawMessage { block(field, Array(value.utf8)) }
    func message(_ field: Int, _ value: RawMessage) -> RawMessage { block(field, value.bytes) }
    func adding(_ more: [UInt8]) -> RawMessage {
        var result = self
        result.bytes += more
        return result
    }

    static func varint(_ value: UInt64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}

/// The error that decoding throws, or nil.
func failure(_ body: () throws(NorthboundError) -> some Any) -> NorthboundError? {
    do {
        _ = try body()
        return nil
    } catch { return error }
}
