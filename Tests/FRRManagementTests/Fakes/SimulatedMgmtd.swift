import Bindings
import NetworkTypes
import Testing

@testable import FRRManagement

/// mgmtd as the protocol document describes it, for every range of releases: datastores, locks, sessions, transactions
/// and what crashes it. Where the real one would abort or wedge, `crash` says why and every connection ends.
struct SimulatedMgmtd {
    enum Release: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case r9r1 = "9.1"
        case r10r1 = "10.1"
        case r10r2 = "10.2"
        case r10r3 = "10.3"
        case r10r5 = "10.5"
        case r10r6 = "10.6"
        case r10r7 = "10.7"

        var testDescription: String { rawValue }
        var isNative: Bool { [.r10r5, .r10r6, .r10r7].contains(self) }
        var schema: StaticSchema {
            switch self {
            case .r9r1, .r10r1, .r10r2: .a
            case .r10r3, .r10r5, .r10r6: .b
            case .r10r7: .c
            }
        }
        /// What a session knows once it is open.
        var expected: ReleaseRange {
            switch self {
            case .r9r1: .v9
            case .r10r1: .v10r0
            case .r10r2: .v10r2
            case .r10r3: .v10r3
            case .r10r5: .v10r4
            case .r10r6: .v10r6
            case .r10r7: .v10r7
            }
        }
        var numbers: DatastoreNumbers { isNative ? .from10r4 : .upTo10r3 }
    }

    let release: Release
    var running: StaticRoutes = [:]
    var candidate: StaticRoutes = [:]
    /// zebra's table, which survives a restart of mgmtd.
    var installed: StaticRoutes = [:]
    var crash: String?
    /// Text of the refusal of the next commits.
    var refusals: [String] = []
    /// How many commits find the candidate wiped by somebody else's disconnect (hazard 10).
    var wipesToCome = 0
    var isZebraSilent = false
    /// How many looks at the connected daemons find zebra not there yet; until then its table is empty.
    var zebraAwayCount = 0
    /// The next commit is carried out by staticd only, and the connection ends (hazard 13).
    var losesNextCommit = false
    private var endsConnection = false
    /// Locks of a client that is not ours, and how many more requests it keeps them.
    var foreignLockCount = 0
    /// A client died with a commit in flight: for so many edits its transaction is still open.
    var foreignTransactionCount = 0
    var commitCount = 0
    var editFrameCount = 0
    var abortCount = 0
    var clientNames: [String] = []

    private var sessions: [UInt64: Int] = [:]
    private var lastSession: UInt64 = 10
    private var locks: [Datastore: UInt64] = [:]
    /// 10.4 and 10.5: after a failed commit only COMMIT is allowed (hazard 8).
    private var isPoisoned = false

    init(_ release: Release) { self.release = release }

    var isLocked: Bool { !locks.isEmpty }

    /// The end of a connection.
    mutating func disconnected(_ connection: Int) {
        for (session, owner) in sessions where owner == connection {
            sessions[session] = nil
            locks = locks.filter { $0.value != session }
        }
        if !release.isNative { candidate = running }
    }

    /// Answers a frame; nil where the connection ends.
    mutating func answer(_ frame: Frame, connection: Int) -> [Frame]? {
        let limit = release == .r9r1 ? 8_992 : release == .r10r7 ? Int.max : 65_528
        if frame.byteCount > limit { crash = "frame of \(frame.byteCount) bytes" }
        if crash != nil { return nil }
        let replies: [Frame]
        switch frame.version {
        case .protobuf:
            guard !release.isNative, let message = try? FrontEndMessage(decoding: frame.body) else { return [] }
            replies = answer(message, connection).map { Frame(version: .protobuf, body: $0.encoded()) }
        case .native:
            guard release != .r9r1, let message = try? NativeMessage(decoding: frame.body) else { return [] }
            replies = answer(message, connection).map { Frame(version: .native, body: $0.encoded) }
        }
        if endsConnection {
            endsConnection = false
            return nil
        }
        return crash == nil ? replies : nil
    }

    // MARK: - Protobuf

    private mutating func answer(_ message: FrontEndMessage, _ connection: Int) -> [FrontEndMessage] {
        switch message {
        case .register(let name):
            if clientNames.contains(name) { crash = "client name \(name) used twice" }
            clientNames.append(name)
            return []
        case .createSession(let number):
            let id = makeSession(connection)
            return [
                .sessionReply(
                    .init(isCreation: true, isSuccess: true, clientConnectionID: number, sessionID: id))
            ]
        case .lock(let session, let request, let datastore, let take):
            check(session, connection)
            let name = DatastoreNumbers.from10r4.datastore(UInt8(datastore))
            let refusal = name.map { lock($0, take: take, session) } ?? "odd datastore"
            let result = FrontEndMessage.Result(isSuccess: refusal == nil, text: refusal)
            return [
                .lockReply(sessionID: session, requestID: request, datastore: datastore, take: take, result: result)
            ]
        case .setConfig(let session, let request, let edits):
            check(session, connection)
            editFrameCount += 1
            if edits.count > (release == .r9r1 ? 80 : 320) { crash = "\(edits.count) entries" }
            var text: String?
            if locks[.candidate] != session { text = "Candidate DS is not locked" }
            if foreignTransactionCount > 0 {
                foreignTransactionCount -= 1
                if release == .r9r1 { crash = "assertion in SETCFG" }
                text = "Failed to create a Configuration session!"
            }
            if text == nil {
                for edit in edits { apply(edit) }
            }
            return [
                .setConfigReply(
                    sessionID: session, requestID: request, result: .init(isSuccess: text == nil, text: text))
            ]
        case .commit(let session, let request, let validateOnly, let abort):
            check(session, connection)
            let refusal = commit(session, abort: abort)
            return [
                .commitReply(
                    sessionID: session, requestID: request, validateOnly: validateOnly,
                    result: .init(isSuccess: refusal == nil, text: refusal))
            ]
        case .get(let session, let request, _, let paths):
            check(session, connection)
            let leaves = paths.flatMap { RouteRendering.leaves(at: $0, in: running) }
            guard !leaves.isEmpty else {
                return [
                    .getReply(
                        sessionID: session, requestID: request, leaves: [], isLast: true,
                        result: .init(isSuccess: false, text: "Invalid xpath"))
                ]
            }
            return stride(from: 0, to: leaves.count, by: 8).map { start in
                .getReply(
                    sessionID: session, requestID: request, leaves: Array(leaves[start..<min(start + 8, leaves.count)]),
                    isLast: start + 8 >= leaves.count, result: .init(isSuccess: true))
            }
        default:
            return []
        }
    }

    // MARK: - Native

    private mutating func answer(_ message: NativeMessage, _ connection: Int) -> [NativeMessage] {
        let error = { (number: Int16, text: String) -> [NativeMessage] in
            var payload: [UInt8] = []
            payload.appendInteger(number)
            return [
                Self.reply(
                    NativeMessage.Code.error, to: message, payload + Array(repeating: 0, count: 6) + text.utf8 + [0])
            ]
        }
        if message.code == NativeMessage.Code.sessionRequest {
            if release == .r10r1 { return [] }
            guard message.session == 0 else { return error(release.isNative ? 22 : -22, "No session to delete") }
            guard release.isNative else {
                crash = "native session beside a protobuf one"
                return []
            }
            clientNames.append(String(decoding: message.payload[8...].prefix { $0 != 0 }, as: UTF8.self))
            var answer = message
            answer.session = makeSession(connection)
            return [Self.reply(NativeMessage.Code.sessionReply, to: answer, [1, 0, 0, 0, 0, 0, 0, 0])]
        }
        check(message.session, connection)
        let session = message.session
        switch message.code {
        case NativeMessage.Code.getData:
            return read(message)
        case NativeMessage.Code.lock where release.isNative:
            let take = message.payload[1] != 0
            guard let datastore = release.numbers.datastore(message.payload[0]) else { return error(22, "datastore") }
            if let refusal = lock(datastore, take: take, session) { return error(16, refusal) }
            return [Self.reply(NativeMessage.Code.lockReply, to: message, message.payload)]
        case NativeMessage.Code.edit where release.isNative:
            editFrameCount += 1
            if isPoisoned { crash = "EDIT after a failed commit, then COMMIT" }
            if foreignTransactionCount > 0, release == .r10r5 {
                foreignTransactionCount -= 1
                return error(-16, "Failed to create a configuration transaction")
            }
            guard locks[.candidate] == session else { return error(-16, "Candidate DS is not locked") }
            guard edit(message) else { return error(release == .r10r5 ? -22 : -14, "YANG error(s):\n Error: bad data") }
            let flags: [UInt8] = release == .r10r5 ? [0, 1] : [1, 0]
            return [Self.reply(NativeMessage.Code.editReply, to: message, flags + [0, 0, 0, 0, 0, 0] + [0xAA, 0xBB])]
        case NativeMessage.Code.commit where release.isNative:
            if let refusal = commit(session, abort: message.payload[2] == CommitAction.abort.rawValue) {
                return error(release == .r10r5 ? 22 : -22, "commit failed reason: '\(refusal)'")
            }
            return [Self.reply(NativeMessage.Code.commitReply, to: message, message.payload)]
        default:
            return []
        }
    }

    private static func reply(_ code: UInt16, to message: NativeMessage, _ payload: [UInt8]) -> NativeMessage {
        NativeMessage(code: code, session: message.session, request: message.request, payload: payload)
    }

    private mutating func read(_ message: NativeMessage) -> [NativeMessage] {
        let path = String(decoding: message.payload[8...].prefix { $0 != 0 }, as: UTF8.self)
        let flags = message.payload[1]
        let answer = { (text: String, error: Int8) in
            Self.reply(
                NativeMessage.Code.treeData, to: message,
                [UInt8(bitPattern: error), 2, 0, 0, 0, 0, 0, 0] + Array(text.utf8) + [0])
        }
        if flags == 0 {
            let isKnown =
                path.hasSuffix("/src-prefix")
                ? release.schema != .a
                : path.hasSuffix("/path-list/nh-type") ? release.schema == .c : true
            guard !isKnown else { return [answer("{}", 0)] }
            var payload: [UInt8] = []
            payload.appendInteger(Int16(-115))
            return [
                Self.reply(
                    NativeMessage.Code.error, to: message, payload + [0, 0, 0, 0, 0, 0] + Array("XPath".utf8) + [0])
            ]
        }
        if path == "/frr-backend:clients" {
            if isZebraSilent { return [] }
            let isZebraAway = zebraAwayCount > 0
            zebraAwayCount -= isZebraAway ? 1 : 0
            let names = isZebraAway ? ["staticd"] : ["staticd", "zebra"]
            let clients = names.map { #"{"name":"\#($0)"}"# }.joined(separator: ",")
            return [answer(#"{"frr-backend:clients":{"client":[\#(clients)]}}"#, 0)]
        }
        if path.contains("/ribs/rib") {
            if isZebraSilent { return [] }
            if zebraAwayCount > 0 { return [answer("{}", -22)] }
            let text = RouteRendering.table(installed, path: path)
            return [answer(text ?? "{}", text == nil ? -22 : 0)]
        }
        return [answer(RouteRendering.json(at: path, in: running, release.schema), 0)]
    }

    // MARK: - Datastores

    private mutating func makeSession(_ connection: Int) -> UInt64 {
        lastSession += 1
        sessions[lastSession] = connection
        return lastSession
    }

    private mutating func check(_ session: UInt64, _ connection: Int) {
        if sessions[session] != connection { crash = "session \(session) is not of connection \(connection)" }
    }

    private mutating func lock(_ datastore: Datastore, take: Bool, _ session: UInt64) -> String? {
        guard datastore != .operational else { return "Lock/Unlock on DS other than candidate or running" }
        if take {
            if foreignLockCount > 0 {
                foreignLockCount -= 1
                return "Lock already taken on DS by another session!"
            }
            locks[datastore] = session
            return nil
        }
        guard locks[datastore] == session else {
            if release == .r10r6 || release == .r10r7 { crash = "unlock of a lock not held" }
            return "Lock on DS was not taken by this session!"
        }
        locks[datastore] = nil
        return nil
    }

    private mutating func commit(_ session: UInt64, abort: Bool) -> String? {
        guard locks[.candidate] == session, locks[.running] == session else {
            return "Commit requires lock on candidate and/or running DS"
        }
        if foreignTransactionCount > 0, release != .r10r6, release != .r10r7 {
            crash = "COMMIT while another configuration transaction is open"
        }
        isPoisoned = false
        if abort {
            abortCount += 1
            candidate = running
            return nil
        }
        commitCount += 1
        if wipesToCome > 0 {
            wipesToCome -= 1
            candidate = running
            return nil
        }
        if !refusals.isEmpty {
            isPoisoned = release == .r10r5
            return refusals.removeFirst()
        }
        if candidate.values.joined().contains(where: \.nextHops.isEmpty) { return "Too few nexthop instances" }
        installed = installed.filter { prefix, _ in running[prefix] == nil }.merging(candidate) { $1 }
        if losesNextCommit {
            losesNextCommit = false
            endsConnection = true
            return nil
        }
        running = candidate
        return nil
    }

    private mutating func edit(_ message: NativeMessage) -> Bool {
        let payload = message.payload
        let path = String(decoding: payload[8..<(8 + Int(message.split) - 1)], as: UTF8.self)
        let data = Array(payload[(8 + Int(message.split))...].prefix { $0 != 0 })
        switch payload[3] {
        case NativeOperation.remove.rawValue:
            apply(.remove(path: path))
            return true
        case NativeOperation.merge.rawValue, NativeOperation.replace.rawValue:
            guard path == StaticSchema.container, let routes = try? StaticSchema.routes(fromJSON: data) else {
                return false
            }
            if payload[3] == NativeOperation.replace.rawValue { candidate = [:] }
            for (prefix, paths) in routes {
                var known = candidate[prefix] ?? []
                for path in paths {
                    known.removeAll { isSame($0, path) }
                    known.append(path)
                }
                candidate[prefix] = known
            }
            return true
        default:
            return false
        }
    }

    private func isSame(_ a: StaticPath, _ b: StaticPath) -> Bool {
        a.table == b.table && (release.schema == .c ? a.nextHops == b.nextHops : a.distance == b.distance)
    }

    private mutating func apply(_ edit: FrontEndMessage.LeafEdit) {
        RouteRendering.apply(edit, to: &candidate, release.schema)
    }
}
