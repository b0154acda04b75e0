import Bindings
import NetworkTypes
import Northbound
import Testing

@testable import FRRManagement

/// The codecs against bytes captured from six releases of FRR.
@Suite struct WireTests {
    @Test(arguments: Capture.names)
    func cutsEveryCapturedFrame(name: String) throws {
        let captures = try Capture.load(name)
        #expect(!captures.isEmpty)
        var whole = FrameParser()
        for capture in captures {
            #expect(try capture.frame.encoded == capture.bytes)
            // Byte by byte and all at once give the same.
            var parser = FrameParser()
            for (index, byte) in capture.bytes.enumerated() {
                parser.append([byte])
                let frame = try parser.next()
                #expect((frame != nil) == (index == capture.bytes.count - 1))
            }
            whole.append(capture.bytes)
        }
        for capture in captures { #expect(try whole.next() == capture.frame) }
        #expect(try whole.next() == nil)
    }

    @Test(arguments: Capture.names)
    func encodesWhatItDecodes(name: String) throws {
        for capture in try Capture.load(name) {
            let frame = try capture.frame
            switch frame.version {
            case .protobuf:
                let message = try FrontEndMessage(decoding: frame.body)
                // A part of a read names the index of the next leaf, which we do not keep.
                if case .getReply(_, _, _, isLast: false, _) = message { continue }
                #expect(message.encoded() == frame.body, "\(capture.meaning)")
            case .native:
                #expect(try NativeMessage(decoding: frame.body).encoded == frame.body, "\(capture.meaning)")
            }
        }
    }

    @Test(arguments: Capture.names)
    func understandsEveryCapturedReply(name: String) throws {
        let dialect: Dialect = name.contains("native") ? .native : .protobuf(hasNativeReads: true)
        for capture in try Capture.load(name) where !capture.isRequest {
            let reply = try #require(try dialect.reply(capture.frame), "\(capture.meaning)")
            let isRefusal =
                capture.meaning.contains("ERROR") || capture.meaning.contains("success=false")
            #expect((reply.failure != nil) == isRefusal, "\(capture.meaning)")
        }
    }

    @Test func helloIsWhatWasCaptured() throws {
        let captures = try Capture.load("detection-hello").prefix(3)
        #expect(
            try captures.map { try $0.frame } == [
                Frame(version: .protobuf, body: FrontEndMessage.register(clientName: "vipd").encoded()),
                Frame(version: .protobuf, body: FrontEndMessage.createSession(clientConnectionID: 7).encoded()),
                Frame(
                    version: .native,
                    body: NativeMessage(
                        code: NativeMessage.Code.sessionRequest, session: Prober.absentSession, request: 7,
                        payload: [UInt8](repeating: 0, count: 8)
                    ).encoded),
            ])
    }

    /// Capture, start of its meaning, session, request number and our request.
    private static let requests: [(String, String, UInt64, UInt64, Request)] = [
        ("frr-10.3-protobuf-add-vip", "FeLockDsReq CANDIDATE lock", 6, 1, .lock(.candidate, take: true)),
        ("frr-10.3-protobuf-add-vip", "FeLockDsReq RUNNING unlock", 6, 6, .lock(.running, take: false)),
        ("frr-10.3-protobuf-add-vip", "FeCommitConfigReq abort", 6, 3, .commit(.abort)),
        ("frr-10.3-protobuf-add-vip", "FeCommitConfigReq apply", 6, 5, .commit(.apply)),
        (
            "frr-10.3-protobuf-add-vip", "native GET_DATA on the same session", 6, 8,
            .readState(
                path: RoutingTable.path(.ipv4, table: 1790, leaf: "tag")
                    .replacing("/route/", with: "/route[prefix='203.0.113.80/32']/"))
        ),
        ("frr-9.1.3-protobuf-add-remove-vip", "FeCommitConfigReq abort", 5, 3, .commit(.abort)),
        (
            "frr-9.1.3-protobuf-add-remove-vip", "FeGetReq config RUNNING 203", 5, 6,
            .readConfiguration(path: StaticSchema.a.entry(Network("203.0.113.80").prefix))
        ),
        (
            "frr-9.1.3-protobuf-add-remove-vip", "FeSetConfigReq type 2", 5, 8,
            .edit(.leaves([.remove(path: StaticSchema.a.entry(Network("203.0.113.80").prefix))]))
        ),
        ("frr-10.7.1-native-add-vip", "SESSION_REQ", 0, 7, .createSession(clientName: "vipd")),
        ("frr-10.7.1-native-add-vip", "LOCK(19) candidate", 0x425, 1, .lock(.candidate, take: true)),
        ("frr-10.7.1-native-add-vip", "LOCK(19) running unlock", 0x425, 6, .lock(.running, take: false)),
        ("frr-10.7.1-native-add-vip", "COMMIT(21) action=1", 0x425, 3, .commit(.abort)),
        ("frr-10.7.1-native-add-vip", "COMMIT(21) action=0", 0x425, 5, .commit(.apply)),
        (
            "frr-10.7.1-native-add-vip", "GET_DATA(3) config", 0x425, 9,
            .readConfiguration(path: StaticSchema.container)
        ),
        (
            "frr-10.5.4-native-add-remove-vip", "EDIT(5) remove", 0xB, 7,
            .edit(.tree(.remove, path: StaticSchema.b.entry(Network("203.0.113.80").prefix), data: ""))
        ),
    ]

    @Test(arguments: requests.indices)
    func requestsAreByteForByteWhatWasCaptured(index: Int) throws {
        let (name, meaning, session, id, request) = Self.requests[index]
        let capture = try #require(try Capture.load(name).first { $0.isRequest && $0.meaning.hasPrefix(meaning) })
        let dialect: Dialect = name.contains("native") ? .native : .protobuf(hasNativeReads: !name.contains("9.1.3"))
        #expect(try dialect.frame(request, session: session, id: id).encoded == capture.bytes)
    }

    @Test(arguments: [
        ("frr-10.3-protobuf-add-vip", StaticSchema.b, UInt64(6)),
        ("frr-9.1.3-protobuf-add-remove-vip", StaticSchema.a, UInt64(5)),
    ])
    func leafEditsAreByteForByteWhatWasCaptured(name: String, schema: StaticSchema, session: UInt64) throws {
        let capture = try #require(try Capture.load(name).first { $0.meaning.hasPrefix("FeSetConfigReq SET_DATA x2") })
        let plan = RoutePlan(putting: Network("203.0.113.80").prefix, tag: 100)
        let batches = plan.leafBatches(
            schema: schema, ownership: Ownership(table: 1790, tags: .standard), limits: .small)
        #expect(batches.count == 1)
        let frame = try Dialect.protobuf(hasNativeReads: true).frame(.edit(batches[0]), session: session, id: 4)
        #expect(frame.encoded == capture.bytes)
    }

    @Test(arguments: [
        ("frr-10.7.1-native-add-vip", StaticSchema.c, UInt64(0x425)),
        ("frr-10.5.4-native-add-remove-vip", StaticSchema.b, UInt64(0xB)),
    ])
    func mergesSayWhatWasCaptured(name: String, schema: StaticSchema, session: UInt64) throws {
        let capture = try #require(try Capture.load(name).first { $0.meaning.hasPrefix("EDIT(5) merge") })
        let plan = RoutePlan(putting: Network("203.0.113.80").prefix, tag: 100)
        let batches = plan.treeBatches(
            schema: schema, ownership: Ownership(table: 1790, tags: .standard), limits: .medium)
        #expect(batches.count == 1)
        let ours = try NativeMessage(
            decoding: try Dialect.native.frame(.edit(batches[0]), session: session, id: 4).body)
        let theirs = try NativeMessage(decoding: try capture.frame.body)
        let start = 8 + Int(theirs.split)
        #expect(ours.payload[..<start] == theirs.payload[..<start])
        #expect(ours.split == theirs.split && ours.code == theirs.code && ours.session == theirs.session)
        // The capture has blanks between members; the content is the same, in the same order.
        #expect(
            try JSONReader.read(Array(ours.payload[start...].dropLast()))
                == JSONReader.read(Array(theirs.payload[start...].dropLast())))
    }

    @Test(arguments: [
        ("frr-10.3-protobuf-add-vip", "native TREE_DATA"), ("frr-10.7.1-native-add-vip", "TREE_DATA(2)"),
    ])
    func readsCapturedConfigurationAndTable(name: String, meaning: String) throws {
        let dialect: Dialect = name.contains("native") ? .native : .protobuf(hasNativeReads: true)
        let trees = try Capture.load(name).filter { $0.meaning.hasPrefix(meaning) }.prefix(2).map { capture in
            guard case .tree(let text, 0)? = try dialect.reply(capture.frame)?.body else {
                throw ManagementError(.protocolViolation, "no tree")
            }
            return text
        }
        let prefix = Network("203.0.113.80").prefix
        #expect(
            try RoutingTable.staticEntries(trees[0]) == [.init(prefix: prefix, tag: 100, isSelected: false)])
        #expect(try StaticSchema.routes(fromJSON: trees[1]) == [prefix: [.blackhole()]])
    }

    @Test(arguments: ["frr-9.1.3-protobuf-add-remove-vip", "frr-10.3-protobuf-add-vip"])
    func readsCapturedLeaves(name: String) throws {
        var leaves: [FrontEndMessage.Leaf] = []
        for capture in try Capture.load(name) where capture.meaning.hasPrefix("FeGetReply") {
            guard
                case .leaves(let part, let isLast)? = try Dialect.protobuf(hasNativeReads: false)
                    .reply(capture.frame)?.body
            else { continue }
            leaves += part
            #expect(isLast == (part.count < 8))
        }
        #expect(try StaticSchema.routes(fromLeaves: leaves) == [Network("203.0.113.80").prefix: [.blackhole()]])
    }

    @Test func readsAnAbsentPrefixAsNothing() throws {
        let capture = try #require(
            try Capture.load("frr-10.7.1-native-add-vip").first { $0.meaning.contains("partial_error=-22") })
        #expect(try Dialect.native.reply(capture.frame)?.body == .tree(Array("{}".utf8), partialError: -22))
        #expect(try RoutingTable.staticEntries(Array("{}".utf8)) == [])
    }
}
