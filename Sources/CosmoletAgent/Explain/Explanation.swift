internal import Announcements

/// Why this node announces, or does not announce, VIPs: what `/explain` answers and `cosmolet explain` prints.
///
/// Names of members and raw values are stable. Times are seconds; a moment is RFC 3339 in UTC.
public struct Explanation: Sendable, Hashable, Codable {
    /// The node that is spoken of.
    public var node: String
    /// What was asked for; nil for everything.
    public var query: String?
    /// Why nothing is decided at the moment; nil when there is a plan.
    public var freeze: Note?
    /// The signals of the own Node; nil while it is not known.
    public var signals: Signals?
    /// How fresh the facts are.
    public var watches: [Watch]
    /// The way to FRR.
    public var frr: FRR
    /// What the fuse holds; nil when it holds nothing.
    public var fuse: Fuse?
    /// Rules of a newer configuration wait until Namespaces have been listed; those before are in force.
    public var hasWaitingRules = false
    /// Services, ordered by name.
    public var services: [Service]
    /// What FRR announces with our mark though no Service has the address, ordered by prefix.
    public var others: [Other]
    /// Which part of all Services this is.
    public var page: Page

    /// A stable code and a sentence.
    public struct Note: Sendable, Hashable, Codable {
        /// The code.
        public var code: String
        /// The sentence.
        public var explanation: String
    }

    /// What the own Node says of itself.
    public struct Signals: Sendable, Hashable, Codable {
        /// Condition Ready is true.
        public var ready: Bool
        /// `spec.unschedulable`.
        public var cordoned: Bool
        /// Condition NetworkUnavailable is true.
        public var networkUnavailable: Bool
        /// Value of the exclusion label; nil when absent.
        public var exclusionLabel: String?
        /// Annotation `cosmolet.io/drain`.
        public var drain: Bool
        /// Annotation `cosmolet.io/drain-reason`.
        public var drainReason: String?
        /// `key=value:Effect`, in the object's order.
        public var taints: [String]
        /// Oddities of the node's annotations.
        public var warnings: [Note]
    }

    /// One watch of the API server.
    public struct Watch: Sendable, Hashable, Codable {
        /// Plural name of the resource.
        public var resource: String
        /// A complete list was delivered.
        public var isSynced: Bool
        /// A watch is open now.
        public var isConnected: Bool
        /// How long ago the server was last heard; nil when never.
        public var secondsSinceHeard: Double?
        /// The last failure, while no watch is open.
        public var error: String?
    }

    /// The session with FRR or its northbound.
    public struct FRR: Sendable, Hashable, Codable {
        /// The session is open.
        public var isConnected: Bool
        /// How long ago running was read or changed by a commit; nil when never.
        public var secondsSinceRead: Double?
        /// Why it is not open, or what it refused as a whole.
        public var error: String?
    }

    /// Withdrawals that are held.
    public struct Fuse: Sendable, Hashable, Codable {
        /// How many VIPs.
        public var heldVIPs: Int
        /// How long at most.
        public var secondsLeft: Double
    }

    /// Which part of all Services.
    public struct Page: Sendable, Hashable, Codable {
        /// How many were left out before.
        public var offset: Int
        /// How many there may be in one answer.
        public var limit: Int
        /// How many Services there are.
        public var total: Int
        /// The offset to go on with; nil at the end.
        public var next: Int?
    }

    /// False when a Service or VIP was asked for that is not known here.
    public var isKnown: Bool { query == nil || !services.isEmpty || !others.isEmpty }

    /// Whether FRR announces every VIP that is spoken of, and there is one. What is of a kind that is off does not count.
    public var announcesAll: Bool {
        let all = vips.map(\.isAnnounced) + others.map(\.isAnnounced)
        return !all.isEmpty && all.allSatisfy { $0 == true }
    }

    /// Whether it is not known of a VIP, since FRR cannot be reached or has not been read yet.
    public var hasUnknown: Bool {
        vips.contains { $0.isAnnounced == nil } || others.contains { $0.isAnnounced == nil }
    }

    /// Without those of a kind that is off.
    private var vips: [VIP] { services.flatMap(\.vips).filter { $0.reason != ReasonCode.kindOff.rawValue } }
}

extension Explanation {
    /// One Service.
    public struct Service: Sendable, Hashable, Codable {
        /// `namespace/name`.
        public var service: String
        /// Its VIP entries, those of kinds that are off included when one Service was asked for.
        public var vips: [VIP]
        /// The annotations that the rules read, by key.
        public var annotations: [String: String]
        /// It has a `deletionTimestamp`.
        public var isBeingDeleted: Bool
    }

    /// One VIP entry of a Service.
    public struct VIP: Sendable, Hashable, Codable {
        /// The address as written; empty for an entry without one.
        public var address: String
        /// Where it is written; nil when the Service as a whole was judged.
        public var kind: String?
        /// FRR announces the address from this node, for whatever reason; nil when that is not known.
        public var isAnnounced: Bool?
        /// How what FRR runs compares with what is wanted.
        public var state: State
        /// The state in words, with the error and the time that is left.
        public var stateExplanation: String
        /// Code of the outcome for this Service; nil while nothing is decided.
        public var reason: String?
        /// The outcome in words.
        public var explanation: String?
        /// The part of the rules that decided.
        public var stage: String?
        /// Traffic policy that applies to this kind.
        public var policy: String?
        /// Class that this Service's entry is announced with; nil when not announced.
        public var wantedClass: String?
        /// Why that class.
        public var classExplanation: String?
        /// Class that FRR runs, or ran when it was last read; nil when it has not the address.
        public var runningClass: String?
        /// Until a drain withdraws the VIP, a hold-down ends or the fuse lets go.
        public var secondsLeft: Double?
        /// What FRR refused, or why it could not be asked.
        public var error: String?
        /// The endpoints; nil where the rules did not come as far as that.
        public var endpoints: Endpoints?
        /// Other Services with the same address.
        public var sharedWith: [String]
        /// The last transaction that changed the address; nil when none did since the agent started.
        public var transaction: TransactionNote?
        /// Oddities that did not decide.
        public var warnings: [Note]
        /// What to do next.
        public var advice: String
    }

    /// How what FRR runs compares with what is wanted. Raw values are stable.
    public enum State: String, Sendable, Hashable, Codable, CaseIterable {
        /// It is announced, as wanted.
        case announced
        /// It is not announced, as wanted.
        case notAnnounced
        /// FRR does not run yet what is wanted.
        case pending
        /// FRR refused what is wanted.
        case refused
        /// It is not wanted, and the fuse holds the withdrawal.
        case heldByFuse
        /// It is announced with class `drain` and will be withdrawn.
        case draining
        /// An operator announces it, so the agent leaves it alone.
        case byHand
        /// Nothing is decided at the moment; what was announced stays.
        case frozen
        /// FRR has it configured, but it is not in effect: not in the routing table (mgmtd), or no path in BGP (module).
        case notInstalled
        /// FRR has not been read yet, or cannot be reached.
        case unknown
    }

    /// The endpoints of a Service as one VIP sees them.
    public struct Endpoints: Sendable, Hashable, Codable {
        /// How many entries of which standing.
        public var counts: [String: Int]
        /// The first ones, the better first, then by address.
        public var shown: [Endpoint]
    }

    /// One endpoint and what it is worth.
    public struct Endpoint: Sendable, Hashable, Codable {
        /// Its address.
        public var address: String
        /// Its node; nil when the slice does not say.
        public var node: String?
        /// Condition ready, or unset.
        public var ready: Bool
        /// Condition serving; unset follows ready.
        public var serving: Bool
        /// Condition terminating.
        public var terminating: Bool
        /// Name of its slice.
        public var slice: String
        /// What it is worth to the VIP.
        public var standing: String
    }

    /// The last transaction that was to change an address.
    public struct TransactionNote: Sendable, Hashable, Codable {
        /// Its name in the journal; nil when it has none.
        public var id: String?
        /// The agent's name of it.
        public var request: String
        /// `applied`, `rejected` or `unknown`.
        public var outcome: String
        /// When it ended.
        public var time: String
        /// What it did to the address: `+PREFIX CLASS` or `-PREFIX`.
        public var edit: String
        /// What went wrong.
        public var error: String?
    }

    /// What FRR announces though no Service has the address.
    public struct Other: Sendable, Hashable, Codable {
        /// The prefix.
        public var prefix: String
        /// Its class.
        public var runningClass: String
        /// What becomes of it.
        public var state: State
        /// The same in words.
        public var explanation: String
        /// The last transaction that changed it.
        public var transaction: TransactionNote?
        /// What to do next.
        public var advice: String

        /// FRR announces it; nil when that is not known.
        public var isAnnounced: Bool? { state.isAnnounced(isConfigured: true) }
    }
}

extension Explanation.State {
    /// Whether FRR announces an address; nil when that is not known.
    func isAnnounced(isConfigured: Bool) -> Bool? {
        switch self {
        case .unknown: nil
        case .notInstalled: false
        default: isConfigured
        }
    }
}
