public import NetworkTypes

/// How much a service takes.
public struct ServiceLimits: Sendable, Hashable, Codable {
    /// Largest message in bytes, header and body together.
    public var maximumMessageByteCount: Int
    /// Commits that wait at once; nil when the service does not tell.
    public var maximumQueuedCommits: Int?
    /// Candidates that exist at once; nil when the service does not tell.
    public var maximumCandidates: Int?
    /// Candidates of one client at once; nil when the service does not tell.
    public var maximumCandidatesPerClient: Int?
    /// A candidate that was not used for so long is forgotten, in whole seconds; nil when the service does not tell.
    public var candidateTimeout: Duration?
    /// Edits of one message; the policy may allow less. Nil when the service does not tell.
    public var maximumEdits: Int?

    /// Makes limits; the defaults are those of the protocol.
    public init(
        maximumMessageByteCount: Int = (8 << 20) + 4096, maximumQueuedCommits: Int? = nil,
        maximumCandidates: Int? = nil, maximumCandidatesPerClient: Int? = nil, candidateTimeout: Duration? = nil,
        maximumEdits: Int? = 20_000
    ) {
        self.maximumMessageByteCount = maximumMessageByteCount
        self.maximumQueuedCommits = maximumQueuedCommits
        self.maximumCandidates = maximumCandidates
        self.maximumCandidatesPerClient = maximumCandidatesPerClient
        self.candidateTimeout = candidateTimeout
        self.maximumEdits = maximumEdits
    }
}

/// Limits and policy that a service tells its clients.
public struct ServiceCapabilities: Sendable, Hashable, Codable {
    /// Version of the API, `1.0`: clients and services of one major version understand each other.
    public var apiVersion: String
    /// Version of the program.
    public var programVersion: String
    /// The FRR behind the service; nil while no session is open.
    public var management: ManagementCapabilities?
    /// YANG modules of the model with their revisions, `frr-bgp@2019-12-03`.
    public var modules: [String]
    /// What is allowed.
    public var policy: NorthboundPolicy
    /// How much it takes.
    public var limits: ServiceLimits
    /// The BGP instances that take networks; only the module inside bgpd tells.
    public var instances: [BGPInstance]
    /// Number of this state of running; nil where states are not counted.
    public var generation: UInt64?

    /// Makes a description.
    public init(
        apiVersion: String, programVersion: String, management: ManagementCapabilities?, modules: [String],
        policy: NorthboundPolicy, limits: ServiceLimits, instances: [BGPInstance] = [], generation: UInt64? = nil
    ) {
        self.apiVersion = apiVersion
        self.programVersion = programVersion
        self.management = management
        self.modules = modules
        self.policy = policy
        self.limits = limits
        self.instances = instances
        self.generation = generation
    }
}

/// A BGP instance of FRR, as the module inside bgpd sees it.
public struct BGPInstance: Sendable, Hashable, Codable {
    /// Its VRF, `default` for the default one.
    public var vrf: String
    /// Its autonomous system number.
    public var asNumber: UInt32
    /// Networks are announced only with a route in the RIB (`bgp network import-check`).
    public var hasImportCheck: Bool
    /// Its lines `redistribute table-direct`: what provider mgmtd announces comes to BGP by them.
    public var redistributions: [TableRedistribution]

    /// Makes a description.
    public init(
        vrf: String, asNumber: UInt32, hasImportCheck: Bool, redistributions: [TableRedistribution] = []
    ) {
        self.vrf = vrf
        self.asNumber = asNumber
        self.hasImportCheck = hasImportCheck
        self.redistributions = redistributions
    }
}

/// A line `redistribute table-direct TABLE route-map NAME` of a BGP instance.
public struct TableRedistribution: Sendable, Hashable, Codable {
    /// Address family of the line.
    public var family: AddressFamily
    /// The routing table.
    public var table: UInt32
    /// Its route-map; nil without one.
    public var routeMap: String?
    /// False when it names a route-map that there is not: then nothing passes.
    public var routeMapExists: Bool

    /// Makes a description.
    public init(family: AddressFamily, table: UInt32, routeMap: String?, routeMapExists: Bool = true) {
        self.family = family
        self.table = table
        self.routeMap = routeMap
        self.routeMapExists = routeMapExists
    }
}

/// What a client asks to commit.
public struct CommitRequest: Sendable, Hashable, Codable {
    /// How far to go.
    public enum Phase: String, Sendable, Hashable, Codable, CaseIterable {
        /// Check policy and model, change nothing.
        case validate
        /// Everything.
        case all
    }

    /// The client's idempotency key: a second Commit with the same key gets the first one's outcome.
    public var requestID: String
    /// Who asks, for the record.
    public var client: String
    /// What to change; empty when `candidate` is given.
    public var edits: [NetworkEdit]
    /// A candidate made with CreateCandidate, instead of edits; it is used up.
    public var candidate: UInt64?
    /// Why, for the record.
    public var cause: [String]
    /// How far to go.
    public var phase: Phase
    /// Undo after this time unless confirmed; nil for no timeout.
    public var confirmTimeout: Duration?
    /// What is changed. Only running can be; another one is refused.
    public var datastore: Datastore
    /// How long the client still waits, from the call on; a commit that has not begun by then is refused. Nil: for ever.
    public var timeRemaining: Duration?

    /// Makes a request.
    public init(
        requestID: String, client: String, edits: [NetworkEdit], candidate: UInt64? = nil, cause: [String] = [],
        phase: Phase = .all, confirmTimeout: Duration? = nil, datastore: Datastore = .running,
        timeRemaining: Duration? = nil
    ) {
        self.requestID = requestID
        self.client = client
        self.edits = edits
        self.candidate = candidate
        self.cause = cause
        self.phase = phase
        self.confirmTimeout = confirmTimeout
        self.datastore = datastore
        self.timeRemaining = timeRemaining
    }
}

/// What Get reads.
public enum NorthboundDataset: String, Sendable, Hashable, Codable, CaseIterable {
    /// The running datastore.
    case config
    /// What is in use: what the routing table has and BGP is offered; inside bgpd, what BGP has.
    case state
}

/// What a client asks to read.
public struct GetRequest: Sendable, Hashable {
    /// Which state is meant.
    public enum Moment: Sendable, Hashable {
        /// What FRR has now.
        case now
        /// What the journal says was there right after this transaction.
        case afterTransaction(String)
        /// What the journal says was there right after this record; 0 for before the first.
        case afterSequence(Int64)
    }

    /// Configuration or state.
    public var dataset: NorthboundDataset
    /// Subtrees; empty for all networks of ours.
    public var paths: [String]
    /// Now, or as the journal has it; that only with `config`.
    public var moment: Moment
    /// Must be the dataset's own: running for `config`, operational for `state`; nil for just that.
    public var datastore: Datastore?

    /// Makes a request; the default is all networks in running now.
    public init(
        _ dataset: NorthboundDataset = .config, paths: [String] = [], moment: Moment = .now,
        datastore: Datastore? = nil
    ) {
        self.dataset = dataset
        self.paths = paths
        self.moment = moment
        self.datastore = datastore
    }
}

extension NorthboundDataset {
    /// The datastore that it is read from.
    public var datastore: Datastore {
        switch self {
        case .config: .running
        case .state: .operational
        }
    }
}

/// The northbound API (design D3), as callers see it: implemented by the service itself and by its client over ZeroMQ.
///
/// Every call throws `NorthboundError` with a gRPC code. Commits of all clients are executed one after the other.
public protocol NorthboundAPI: Sendable {
    /// The last sequence number of the journal; nil when there is none to ask. Costs next to nothing.
    func journalSequence() async throws(NorthboundError) -> Int64?
    /// What the service is and allows.
    func capabilities() async throws(NorthboundError) -> ServiceCapabilities
    /// Networks of ours, of one moment. Throws `invalidArgument` for a path that is not of the model, `notFound` for a
    /// moment that the journal does not know.
    func get(_ request: GetRequest) async throws(NorthboundError) -> Set<Network>
    /// A new empty candidate of this client. Candidates are not datastores of FRR: they are lists of edits.
    func createCandidate(client: String) async throws(NorthboundError) -> UInt64
    /// Appends edits to a candidate.
    func editCandidate(_ candidate: UInt64, client: String, edits: [NetworkEdit]) async throws(NorthboundError)
    /// Forgets a candidate.
    func deleteCandidate(_ candidate: UInt64, client: String) async throws(NorthboundError)
    /// Commits. A rejected transaction throws `aborted`, `failedPrecondition`, `permissionDenied`, `resourceExhausted`
    /// or `invalidArgument`; an outcome that is not known yet throws `unknown` and names the transaction.
    func commit(_ request: CommitRequest) async throws(NorthboundError) -> TransactionRecord
    /// Keeps a commit that was made with a confirm timeout.
    func confirmCommit(id: String, client: String) async throws(NorthboundError) -> TransactionRecord
    /// Records of the journal.
    func listTransactions(_ filter: TransactionFilter) async throws(NorthboundError) -> [TransactionRecord]
    /// One record. Throws `notFound`.
    func transaction(id: String) async throws(NorthboundError) -> TransactionRecord
    /// Brings the announcements back to what they were right after a transaction, as a new transaction.
    ///
    /// - Parameter timeRemaining: as in `CommitRequest`.
    func rollback(
        to id: String, requestID: String, client: String, timeRemaining: Duration?
    ) async throws(NorthboundError) -> TransactionRecord
    /// Refuses commits of all others until unlocked or until the lease of this client ends.
    func lock(client: String) async throws(NorthboundError)
    /// Ends `lock`.
    func unlock(client: String) async throws(NorthboundError)
    /// Tells that this client is alive and stands by its announcements.
    func renewLease(client: String) async throws(NorthboundError)
}

extension NorthboundAPI {
    /// Rolls back without a deadline.
    public func rollback(
        to id: String, requestID: String, client: String
    ) async throws(NorthboundError) -> TransactionRecord {
        try await rollback(to: id, requestID: requestID, client: client, timeRemaining: nil)
    }

    /// All our networks, as configuration or as state.
    public func get(_ dataset: NorthboundDataset) async throws(NorthboundError) -> Set<Network> {
        try await get(GetRequest(dataset))
    }
}
