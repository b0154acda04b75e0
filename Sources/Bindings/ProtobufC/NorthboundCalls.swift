extension NorthboundWire {
    /// A YANG instance path and its canonical value.
    public struct PathValue: NorthboundMessage {
        /// Absolute path.
        public var path: String?
        /// Canonical value.
        public var value: String?

        /// Makes a message without any field.
        public init() {}
    }

    /// One change.
    public struct Edit: NorthboundMessage {
        /// Number of an `EditOperation`.
        public var operation: Int32?
        /// What it is about.
        public var pathValue: PathValue?

        /// Makes a message without any field.
        public init() {}
    }

    /// The FRR behind the service.
    public struct ManagementCapabilities: NorthboundMessage {
        /// `mgmtd` or `bgpd`.
        public var provider: String?
        /// Wire dialect towards FRR.
        public var dialect: String?
        /// Schema generation.
        public var schema: String?
        /// Range of FRR releases.
        public var releases: String?
        /// Whether state can be read.
        public var canReadState: Bool?

        /// Makes a message without any field.
        public init() {}
    }

    /// A YANG module of the model.
    public struct Module: NorthboundMessage {
        /// Its name.
        public var name: String?
        /// Its revision.
        public var revision: String?

        /// Makes a message without any field.
        public init() {}
    }

    /// The route tag of a class.
    public struct ClassTag: NorthboundMessage {
        /// Name of the class.
        public var name: String?
        /// Its tag.
        public var tag: UInt32?

        /// Makes a message without any field.
        public init() {}
    }

    /// What clients may do.
    public struct Policy: NorthboundMessage {
        /// Prefixes within which announcements lie.
        public var allowedPrefixes: [String] = []
        /// Classes that may be used.
        public var allowedClasses: [String] = []
        /// Networks at once.
        public var maximumNetworks: UInt32?
        /// Edits of one transaction.
        public var maximumEdits: UInt32?
        /// The routing table of the networks.
        public var table: UInt32?
        /// The first tag that is ours.
        public var firstTag: UInt32?
        /// The last tag that is ours.
        public var lastTag: UInt32?
        /// The tags of the classes.
        public var classTags: [ClassTag] = []
        /// Numbers of `Datastore`; none for all.
        public var allowedDatastores: [Int32] = []

        /// Makes a message without any field.
        public init() {}
    }

    /// How much the service takes.
    public struct Limits: NorthboundMessage {
        /// Both frames together.
        public var maximumMessageBytes: UInt32?
        /// Commits that wait at once.
        public var maximumQueuedCommits: UInt32?
        /// Candidates at once.
        public var maximumCandidates: UInt32?
        /// Edits of one message.
        public var maximumEdits: UInt32?
        /// Candidates of one client at once.
        public var maximumCandidatesPerClient: UInt32?
        /// Until an unused candidate is forgotten.
        public var candidateTimeoutSeconds: UInt32?

        /// Makes a message without any field.
        public init() {}
    }

    /// Reply of GetCapabilities.
    public struct Capabilities: NorthboundMessage {
        /// Major version of the API.
        public var apiMajor: UInt32?
        /// Minor version.
        public var apiMinor: UInt32?
        /// Version of the program.
        public var programVersion: String?
        /// The FRR behind the service.
        public var management: ManagementCapabilities?
        /// YANG modules of the model.
        public var modules: [Module] = []
        /// What is allowed.
        public var policy: Policy?
        /// What is possible.
        public var limits: Limits?
        /// The BGP instances that take networks; from the module inside bgpd only.
        public var instances: [BGPInstance] = []
        /// State of the running configuration.
        public var generation: UInt64?

        /// Makes a message without any field.
        public init() {}
    }

    /// A BGP instance of the FRR behind the service.
    public struct BGPInstance: NorthboundMessage {
        /// Its VRF.
        public var vrf: String?
        /// Its autonomous system number.
        public var asNumber: UInt32?
        /// Whether networks need a route in the RIB.
        public var importCheck: Bool?
        /// Its lines `redistribute table-direct`.
        public var redistributions: [Redistribution] = []

        /// Makes a message without any field.
        public init() {}
    }

    /// A line `redistribute table-direct`.
    public struct Redistribution: NorthboundMessage {
        /// 4 or 6.
        public var family: UInt32?
        /// The routing table.
        public var table: UInt32?
        /// Its route-map.
        public var routeMap: String?
        /// Whether that is there.
        public var routeMapExists: Bool?

        /// Makes a message without any field.
        public init() {}
    }

    /// Request of Get.
    public struct GetRequest: NorthboundMessage {
        /// Number of a `Dataset`.
        public var dataset: Int32?
        /// Subtrees; none for all.
        public var paths: [String] = []
        /// As of this transaction.
        public var afterTransaction: String?
        /// As of this record.
        public var afterSequence: Int64?
        /// Number of a `Datastore`.
        public var datastore: Int32?
        /// What BGP has out of a routing table; the module inside bgpd only.
        public var redistributed: Bool?

        /// Makes a message without any field.
        public init() {}
    }

    /// A part of the reply of Get.
    public struct GetReply: NorthboundMessage {
        /// What was read.
        public var values: [PathValue] = []
        /// State of the running configuration.
        public var generation: UInt64?

        /// Makes a message without any field.
        public init() {}
    }

    /// Names a candidate.
    public struct CandidateReference: NorthboundMessage {
        /// Its number.
        public var candidate: UInt64?

        /// Makes a message without any field.
        public init() {}
    }

    /// Request of EditCandidate.
    public struct EditCandidateRequest: NorthboundMessage {
        /// Number of the candidate.
        public var candidate: UInt64?
        /// What to append.
        public var edits: [Edit] = []

        /// Makes a message without any field.
        public init() {}
    }

    /// Request of Commit.
    public struct CommitRequest: NorthboundMessage {
        /// Number of a `CommitPhase`.
        public var phase: Int32?
        /// What to change.
        public var edits: [Edit] = []
        /// Number of a candidate, instead of edits.
        public var candidate: UInt64?
        /// Why.
        public var cause: [String] = []
        /// Undone after this time unless confirmed.
        public var confirmTimeoutMilliseconds: UInt32?
        /// Commits only on top of this state.
        public var expectedGeneration: UInt64?
        /// Number of a `Datastore`.
        public var datastore: Int32?

        /// Makes a message without any field.
        public init() {}
    }
}
