internal import Bindings
internal import Northbound

/// Finds out on a fresh connection which FRR answers, without time-outs and without harm to anybody
/// (docs/frr-management.md, "Probing"). Ends with a session that is kept.
struct Prober {
    let connection: Connection
    let clientName: String
    let deadline: Duration

    struct Finding: Sendable, Hashable {
        var release: ReleaseRange
        var session: UInt64
    }

    /// Number of the session within the connection, and the start of the ones for state reads.
    private static let clientID: UInt64 = 7

    /// A session that cannot exist. Its low byte is no valid protobuf tag, so that 9.x, which takes every frame for
    /// protobuf, drops the message unparsed.
    static let absentSession: UInt64 = 0x7FFF_FFFF_FFFF_FF07

    /// - Throws: `protocolViolation` when the peer answers like no FRR, and what the connection throws.
    func run() throws(ManagementError) -> Finding {
        for frame in hello { try connection.send(frame, until: ContinuousClock.now + deadline) }
        // Both dialects read replies by the version of their frame, so either will do until it is known.
        connection.dialect = .protobuf(hasNativeReads: true)
        while true {
            let reply = try nextReply()
            if reply.session == Self.absentSession, reply.failure != nil { return try openNative() }
            if reply.body == .sessionCreated, reply.request == Self.clientID {
                return try examineProtobuf(session: reply.session)
            }
            if let failure = reply.failure {
                throw ManagementError(.rejected, "mgmtd gives no session: \(failure.text)")
            }
        }
    }

    /// Registration and session of the protobuf dialect, and a native request that changes nothing.
    var hello: [Frame] {
        [
            Frame(version: .protobuf, body: FrontEndMessage.register(clientName: clientName).encoded()),
            Frame(
                version: .protobuf, body: FrontEndMessage.createSession(clientConnectionID: Self.clientID).encoded()),
            Frame(
                version: .native,
                body: NativeMessage(
                    code: NativeMessage.Code.sessionRequest, session: Self.absentSession, request: Self.clientID,
                    payload: [UInt8](repeating: 0, count: 8)
                ).encoded),
        ]
    }

    private func nextReply() throws(ManagementError) -> Reply {
        let limit = ContinuousClock.now + deadline
        while true {
            if let reply = try connection.dialect.reply(try connection.receive(until: limit)) { return reply }
        }
    }

    // MARK: - 10.4 and later

    private func openNative() throws(ManagementError) -> Finding {
        connection.dialect = .native
        let created = try connection.request(.createSession(clientName: clientName), session: 0, within: deadline)
        guard created.body == .sessionCreated else {
            throw ManagementError(.rejected, "mgmtd gives no session: \(created.failure?.text ?? "odd reply")")
        }
        let isC = try knows(StaticSchema.probeOfC, session: created.session)
        if !isC, try !knows(StaticSchema.probeOfB, session: created.session) {
            throw ManagementError(
                .unsupported, "this FRR speaks the native dialect but has none of the known staticd schemas")
        }
        return Finding(release: isC ? .v10r7 : .v10r4OrLater, session: created.session)
    }

    private func knows(_ path: String, session: UInt64) throws(ManagementError) -> Bool {
        let reply = try connection.request(.resolve(path: path), session: session, within: deadline)
        switch reply.body {
        case .tree: return true
        case .failure: return false
        default: throw ManagementError(.protocolViolation, "odd reply to a schema probe")
        }
    }

    // MARK: - 9.0 to 10.3

    /// A native read and then a lock request that every release refuses at once: what comes before that refusal tells
    /// 10.x from 9.x, and an answer to the native part of the hello tells 10.2 from 10.1.
    private func examineProtobuf(session: UInt64) throws(ManagementError) -> Finding {
        let reader = Dialect.protobuf(hasNativeReads: true)
        let limit = ContinuousClock.now + deadline
        let probeID = connection.nextRequestID()
        let barrierID = connection.nextRequestID()
        try connection.send(
            try reader.frame(.resolve(path: StaticSchema.probeOfB), session: session, id: probeID), until: limit)
        try connection.send(
            try reader.frame(.lock(.operational, take: true), session: session, id: barrierID), until: limit)
        var answersNativeSessions = false
        var hasSchemaB: Bool?
        while true {
            let reply = try nextReply()
            if reply.session == Self.absentSession {
                answersNativeSessions = true
            } else if reply.session == session, reply.request == probeID {
                if case .tree = reply.body { hasSchemaB = true } else { hasSchemaB = false }
            } else if reply.session == session, reply.request == barrierID {
                break
            }
        }
        let release: ReleaseRange =
            switch (hasSchemaB, answersNativeSessions) {
            case (nil, false): .v9
            case (true, _): .v10r3
            case (_, true): .v10r2
            case (false, false): .v10r0
            }
        connection.dialect = release.dialect
        return Finding(release: release, session: session)
    }
}
