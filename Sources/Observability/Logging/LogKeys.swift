/// The keys of structured log metadata. One thing has one key in every message, so that a search finds all of them.
public enum LogKeys {
    // MARK: - What is announced

    /// A VIP or prefix in CIDR form.
    public static let prefix = "prefix"
    /// Address family, `ipv4` or `ipv6`.
    public static let family = "family"
    /// Attribute class by name.
    public static let attributeClass = "class"
    /// Reason code of the planner.
    public static let reason = "reason"
    /// Number of VIPs added by a transaction or plan.
    public static let added = "added"
    /// Number of VIPs whose class changes.
    public static let changed = "changed"
    /// Number of VIPs taken away.
    public static let removed = "removed"

    // MARK: - Kubernetes

    /// Name of the node that the agent serves.
    public static let node = "node"
    /// A Service as `namespace/name`.
    public static let service = "service"
    /// Any object as `namespace/name`.
    public static let object = "object"
    /// Plural name of a resource, such as `endpointslices`.
    public static let resource = "resource"
    /// Resource version of an object or list.
    public static let resourceVersion = "resource_version"

    // MARK: - Transactions and FRR

    /// Name of a transaction, as the journal and `cosmolet commits` have it.
    public static let transaction = "transaction"
    /// A client's name of a commit, under which it may ask again.
    public static let request = "request"
    /// How a commit ended: `applied`, `rejected` or `unknown`.
    public static let outcome = "outcome"
    /// How FRR is reached: `mgmtd` or `bgpd`.
    public static let provider = "provider"
    /// The provider that announcements are moved away from.
    public static let from = "from"
    /// Step of a move between providers: `announced`, `verified`, `removed` and the like.
    public static let step = "step"
    /// Version that FRR states.
    public static let frrVersion = "frr_version"
    /// Wire dialect of mgmtd: `protobuf` or `native`.
    public static let dialect = "dialect"
    /// Shape of staticd's schema.
    public static let schema = "schema"
    /// Path of a socket.
    public static let socket = "socket"
    /// Number of a routing table.
    public static let table = "table"
    /// Route tag.
    public static let tag = "tag"
    /// The YANG schema generation's releases, for instance `10.2-10.3`.
    public static let releases = "releases"
    /// The edits of a transaction, as `+PREFIX CLASS` and `-PREFIX`.
    public static let edits = "edits"
    /// Why a transaction was made: Services, addresses, reason codes.
    public static let cause = "cause"
    /// From the start of a commit to its end, in milliseconds.
    public static let durationMilliseconds = "duration_ms"
    /// From the start of a commit to FRR's reply, in milliseconds.
    public static let replyMilliseconds = "reply_ms"

    /// Who asked for a transaction.
    public static let client = "client"
    /// Why a transaction exists: `commit`, `rollback`, `observed` and the like.
    public static let kind = "kind"
    /// Position of a transaction in the journal.
    public static let sequence = "sequence"
    /// The journal's file.
    public static let journal = "journal"
    /// Where the northbound API is served.
    public static let endpoint = "endpoint"

    // MARK: - Anything

    /// What to do about it.
    public static let hint = "hint"
    /// What went wrong. Messages with an attached error carry it under this key.
    public static let error = "error"
    /// Code of an error: HTTP status, `errno` or a word.
    public static let code = "code"
    /// Number of a try, from 1.
    public static let attempt = "attempt"
    /// Time until the next try.
    public static let delay = "delay"
    /// A number of things that the message names.
    public static let count = "count"
    /// Keys of the configuration, dotted.
    public static let keys = "keys"
    /// Path of a file.
    public static let path = "path"
    /// Address that a server listens on.
    public static let address = "address"
    /// Name of a loop or service of this process.
    public static let loop = "loop"
    /// Version of this program.
    public static let version = "version"
}
