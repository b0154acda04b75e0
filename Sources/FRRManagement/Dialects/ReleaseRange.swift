/// The FRR releases that answer the probes alike, and what must be done differently for them.
enum ReleaseRange: String, Sendable, Hashable {
    case v9 = "9.0-9.1"
    case v10r0 = "10.0-10.1"
    case v10r2 = "10.2"
    case v10r3 = "10.3"
    /// Native with schema B, before the first edit told 10.4/10.5 from 10.6.
    case v10r4OrLater = "10.4-10.6"
    case v10r4 = "10.4-10.5"
    case v10r6 = "10.6"
    case v10r7 = "10.7"

    var dialect: Dialect {
        switch self {
        case .v9: .protobuf(hasNativeReads: false)
        case .v10r0, .v10r2, .v10r3: .protobuf(hasNativeReads: true)
        case .v10r4OrLater, .v10r4, .v10r6, .v10r7: .native
        }
    }

    var schema: StaticSchema {
        switch self {
        case .v9, .v10r0, .v10r2: .a
        case .v10r3, .v10r4OrLater, .v10r4, .v10r6: .b
        case .v10r7: .c
        }
    }

    /// Hazards 1 and 3.
    var limits: FrameLimits {
        switch self {
        case .v9: .small
        case .v10r7: .large
        default: .medium
        }
    }

    /// Hazard 10: the end of any front-end session here makes the shared candidate equal running.
    var disconnectWipesCandidate: Bool { dialect != .native }

    /// Hazard 13: when a client goes while its commit waits for staticd, staticd carries it out here and running does not
    /// get it.
    var mayLoseCommitInFlight: Bool { dialect != .native }

    /// Hazards 7 and 8: COMMIT asserts here that nobody else's configuration transaction is open, and one stays open
    /// when a client dies with a commit in flight. An edit is refused in that state, so it goes first.
    var mayHoldForeignTransaction: Bool { self != .v10r6 && self != .v10r7 }

    /// `redistribute table-direct` came with 10.0, for IPv6 with 10.1, which answers the probes like 10.0.
    var lacksTableDirect: Bool { self == .v9 }

    /// Hazard 19: every EDIT copies the whole configuration here.
    var editCopiesConfiguration: Bool { self == .v10r6 || self == .v10r7 }

    /// How long mgmtd itself may take over a commit before it gives up on a backend (hazard 13), and a little more.
    var commitDeadline: Duration { self == .v9 ? .seconds(35) : .seconds(610) }

    /// 10.4 and 10.5 report `created` of an edit of the candidate where later releases report `changed`.
    func refined(byEditReply reply: Reply.Body) -> ReleaseRange {
        guard self == .v10r4OrLater, case .edited(let changed, let created) = reply else { return self }
        switch (changed, created) {
        case (false, true): return .v10r4
        case (true, false): return .v10r6
        default: return self
        }
    }
}
