import Bindings
import Foundation
import NetworkTypes
import Northbound
import NorthboundRPC
import Testing

@Suite struct ProtocolRoundTripTests {
    @Test func everyRequestComesBackAsItWas() throws {
        var samples = ProtocolSamples(seed: 1)
        for _ in 0..<200 {
            for request in samples.requests() {
                var requestID = samples.text(1...20)
                var client = samples.text(1...20)
                if case .commit(let commit, _) = request { (requestID, client) = (commit.requestID, commit.client) }
                let time = samples.maybe { Duration.milliseconds($0.number(0...4_000_000_000)) }
                let isRetry = samples.chance()
                let frames = try MessageCodec.encode(
                    request, requestID: requestID, client: client, timeRemaining: time, isRetry: isRetry)
                let header = try MessageCodec.decodeRequestHeader(frames.header)
                #expect(try header.checkedMethod() == request.method)
                #expect(header.version == .current)
                #expect(header.requestID == requestID)
                #expect(header.client == client)
                #expect(header.timeRemaining == time)
                #expect(header.isRetry == isRetry)
                #expect(try MessageCodec.decodeRequest(header, body: frames.body) == request)
            }
        }
    }

    @Test func everyReplyComesBackAsItWas() throws {
        var samples = ProtocolSamples(seed: 2)
        for _ in 0..<200 {
            for (method, reply) in samples.replies() {
                let requestID = samples.text(1...20)
                let frames = try MessageCodec.encode(reply, requestID: requestID)
                #expect(frames.count == 1)
                let header = try MessageCodec.decodeReplyHeader(frames[0].header)
                #expect(header == ReplyHeader(requestID: requestID))
                #expect(try MessageCodec.decodeReply(header, to: method, body: frames[0].body) == reply)
            }
        }
    }

    @Test func failuresComeBackAsTheyWere() throws {
        for code in StatusCode.allCases where code != .ok {
            let frames = MessageCodec.encode(failure: NorthboundError(code, "path é"), requestID: "r")
            #expect(frames.body.isEmpty)
            let header = try MessageCodec.decodeReplyHeader(frames.header)
            #expect(header.requestID == "r")
            let error = failure { () throws(NorthboundError) in
                try MessageCodec.decodeReply(header, to: .commit, body: frames.body)
            }
            #expect(error == NorthboundError(code, "path é"))
        }
    }

    @Test func theCommitLogComesBackAsItWas() throws {
        var samples = ProtocolSamples(seed: 3)
        for _ in 0..<200 {
            let record = samples.record()
            let frames = try MessageCodec.encodeLogEntry(record)
            #expect(String(decoding: frames.header, as: UTF8.self) == "commit.\(record.outcome.rawValue)")
            #expect(try MessageCodec.decodeLogEntry(frames) == record)
        }
    }

    @Test func networksAreReadBackFromValues() throws {
        var samples = ProtocolSamples(seed: 4)
        for _ in 0..<50 {
            var networks: [IPPrefix: Network] = [:]
            for _ in 0..<20 {
                let network = samples.network()
                networks[network.prefix] = network
            }
            guard case .values(let values, _) = MessageCodec.values(Set(networks.values)) else { return }
            #expect(try MessageCodec.networks(values) == Set(networks.values))
        }
    }

    // MARK: - Golden bytes

    /// `ProtocolGolden/messages.txt`, made by Google's implementation and shared with the module in bgpd.
    static let golden: [String: [UInt8]] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "ProtocolGolden/messages.txt")
        var messages: [String: [UInt8]] = [:]
        var name = ""
        for line in (try? String(contentsOf: file, encoding: .utf8))?.split(separator: "\n") ?? [] {
            if line.hasPrefix("#") { continue }
            guard line.hasPrefix(" ") else {
                name = String(line.prefix { $0 != " " })
                messages[name] = []
                continue
            }
            let digits = Array(line.utf8.drop { $0 == 0x20 })
            for index in stride(from: 0, to: digits.count, by: 2) {
                let pair = String(decoding: digits[index...index + 1], as: UTF8.self)
                messages[name]?.append(UInt8(pair, radix: 16) ?? 0)
            }
        }
        return messages
    }()

    static func record() throws -> TransactionRecord {
        TransactionRecord(
            sequence: 7, id: "t-7", parent: "t-6", kind: .commit, requestID: "r-1", client: "agent/node-a",
            cause: ["web/shop EndpointsReady"],
            edits: [
                RecordedEdit(prefix: try IPPrefix("198.51.100.1/32"), before: nil, after: .default),
                RecordedEdit(prefix: try IPPrefix("2001:db8::1/128"), before: .drain, after: nil),
            ],
            capabilities: management, startedAtMicroseconds: 1_767_225_600_000_000,
            phaseMicroseconds: [.lock: 150, .readBack: 900], durationMicroseconds: 4200, outcome: .applied,
            confirmByMicroseconds: 1_767_225_630_000_000)
    }

    static let management = ManagementCapabilities(
        provider: "mgmtd", dialect: "native", schema: "C", releases: "10.5-10.7", canReadState: true)

    static func requests() throws -> [String: NorthboundRequest] {
        let network = Network(prefix: try IPPrefix("198.51.100.1/32"))
        return [
            "ping": .heartbeat(sequence: 300),
            "get-request": .get(GetRequest(.state)),
            "get-request-of-journal": .get(
                GetRequest(
                    .config, paths: [NetworkPath.entry(try IPPrefix("198.51.100.1/32"))],
                    moment: .afterSequence(300), datastore: .running)),
            "commit-request": .commit(
                CommitRequest(
                    requestID: "r-1", client: "agent/node-a",
                    edits: [.set(network), .remove(try IPPrefix("2001:db8::1/128"))],
                    cause: ["web/shop EndpointsReady"], confirmTimeout: .seconds(30)),
                expectedGeneration: 300),
            "list-request": .listTransactions(
                TransactionFilter(
                    afterSequence: 5, within: try IPPrefix("198.51.100.0/24"), service: "web/shop",
                    outcomes: [.rejected, .applied], limit: 100, isNewestFirst: true)),
        ]
    }

    static func replies() throws -> [String: (NorthboundMethod, NorthboundReply)] {
        let network = Network(prefix: try IPPrefix("198.51.100.1/32"))
        let capabilities = ServiceCapabilities(
            apiVersion: "1.0", programVersion: "0.3.0", management: management, modules: ["frr-bgp@2019-12-03"],
            policy: NorthboundPolicy(
                allowedPrefixes: [try IPPrefix("198.51.100.0/24")], allowedClasses: [.drain, .default]),
            limits: ServiceLimits(maximumMessageByteCount: 8_392_704, maximumEdits: nil))
        let full = ServiceCapabilities(
            apiVersion: "1.0", programVersion: "0.3.0", management: nil, modules: ["frr-staticd@2026-04-19"],
            policy: NorthboundPolicy(
                table: 1790, tags: .standard, allowedDatastores: [.operational, .running]),
            limits: ServiceLimits(maximumQueuedCommits: 4096, maximumCandidates: 64))
        let module = ServiceCapabilities(
            apiVersion: "1.0", programVersion: "1.0",
            management: ManagementCapabilities(
                provider: "bgpd", dialect: "module", schema: "frr-bgp", releases: "10.3", canReadState: true),
            modules: [], policy: NorthboundPolicy(maximumNetworks: 16_384, maximumEdits: 20_000),
            limits: ServiceLimits(maximumMessageByteCount: 8_392_704, maximumEdits: nil),
            instances: [
                BGPInstance(
                    vrf: "default", asNumber: 65001, hasImportCheck: false,
                    redistributions: [
                        TableRedistribution(family: .ipv4, table: 1790, routeMap: "COSMOLET"),
                        TableRedistribution(family: .ipv6, table: 1791, routeMap: nil, routeMapExists: false),
                    ])
            ], generation: 300)
        return [
            "pong": (
                .heartbeat,
                .heartbeat(HeartbeatReply(sequence: 300, instance: "run-1", journalSequence: 7))
            ),
            "get-reply": (.get, MessageCodec.values([network], generation: 12)),
            "transaction-reply": (.commit, .transaction(try record(), generation: 12)),
            "capabilities": (.getCapabilities, .capabilities(capabilities)),
            "capabilities-of-tags": (.getCapabilities, .capabilities(full)),
            "capabilities-of-module": (.getCapabilities, .capabilities(module)),
        ]
    }

    @Test func bytesAreThoseOfGooglesImplementation() throws {
        #expect(Self.golden.count == 16)
        for (name, request) in try Self.requests() {
            let bytes = try #require(Self.golden[name])
            let frames = try MessageCodec.encode(
                request, requestID: "r-1", client: "agent/node-a", timeRemaining: .seconds(5), isRetry: true)
            #expect(frames.body == bytes, "\(name)")
            let header = try MessageCodec.decodeRequestHeader(frames.header)
            #expect(try MessageCodec.decodeRequest(header, body: bytes) == request, "\(name)")
            if name == "commit-request" { #expect(frames.header == Self.golden["request-header"]) }
        }
        for (name, (method, reply)) in try Self.replies() {
            let bytes = try #require(Self.golden[name])
            #expect(try MessageCodec.encode(reply, requestID: "r").map(\.body) == [bytes], "\(name)")
            #expect(
                try MessageCodec.decodeReply(ReplyHeader(requestID: "r"), to: method, body: bytes) == reply, "\(name)")
        }
        var redistribution = NorthboundWire.GetRequest()
        redistribution.dataset = 2
        redistribution.redistributed = true
        let asked = try #require(Self.golden["get-request-of-redistribution"])
        #expect(redistribution.encoded() == asked)
        let entry = try #require(Self.golden["commit-log-entry"])
        let frames = MessageFrames(header: Array("commit.applied".utf8), body: entry)
        #expect(try MessageCodec.encodeLogEntry(try Self.record()) == frames)
        #expect(try MessageCodec.decodeLogEntry(frames) == Self.record())
    }

    @Test func headerBytesAreThoseOfGooglesImplementation() throws {
        let refused = ReplyHeader(requestID: "r-1", status: .permissionDenied, message: "198.51.100.1/32 lies outside")
        let part = ReplyHeader(requestID: "r-2", hasMore: true)
        for (name, header) in ["reply-header": refused, "reply-header-more": part] {
            let bytes = try #require(Self.golden[name])
            #expect(MessageCodec.encode(header) == bytes)
            #expect(try MessageCodec.decodeReplyHeader(bytes) == header)
        }
    }
}
