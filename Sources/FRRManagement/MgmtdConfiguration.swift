public import NetworkTypes

/// Where mgmtd is and how patient the session is with it.
public struct MgmtdConfiguration: Sendable, Hashable {
    /// Path of the front-end socket, mode 0700 and owned by `frr`: `/var/run/frr/mgmtd_fe.sock`, with a path space
    /// `/var/run/frr/<name>/mgmtd_fe.sock`.
    public var socketPath: String
    /// The private routing table of our routes, 1…65535, not 254 or 255.
    public var table: UInt32
    /// Which route tags are ours and what they stand for.
    public var tags: TagMap
    /// Start of the name that mgmtd shows for us; a number is added, as a second client of the same name would end the
    /// first. 31 bytes in all.
    public var clientNamePrefix: String
    /// How long any request but a commit or a state read may take; after it the connection is given up.
    public var requestDeadline: Duration
    /// How long to wait for a commit's answer before its outcome is unknown. Nil: as long as mgmtd itself would, 35 s on
    /// 9.x and 610 s later.
    public var commitDeadline: Duration?
    /// How long a read of zebra's RIB may take; it hangs when zebra does.
    public var stateReadDeadline: Duration
    /// What to do while somebody else holds a lock.
    public var lockRetry: LockRetry
    /// After a restart of mgmtd both locks must be had twice with this time between them before anything is written:
    /// the loading of the boot configuration holds them.
    public var settleInterval: Duration
    /// How long to wait for that.
    public var settleDeadline: Duration
    /// A session that looks and changes nothing: it puts no orphans back, drops nobody's leftovers and refuses to commit.
    public var isReadOnly = false

    /// How often a refused lock is tried again. Nothing is held during the pauses.
    public struct LockRetry: Sendable, Hashable {
        /// Shortest pause.
        public var minimumPause: Duration
        /// Longest pause; each is drawn at random between the two.
        public var maximumPause: Duration
        /// After this time the transaction is rejected with code `locked`.
        public var limit: Duration

        /// Makes a policy.
        public init(
            minimumPause: Duration = .milliseconds(50), maximumPause: Duration = .milliseconds(500),
            limit: Duration = .seconds(10)
        ) {
            self.minimumPause = minimumPause
            self.maximumPause = maximumPause
            self.limit = limit
        }
    }

    /// Makes a configuration with the defaults of the design: table 1790, tags 100–199.
    public init(
        socketPath: String, table: UInt32 = 1790, tags: TagMap = .standard, clientNamePrefix: String? = nil,
        requestDeadline: Duration = .seconds(5), commitDeadline: Duration? = nil,
        stateReadDeadline: Duration = .seconds(2), lockRetry: LockRetry = LockRetry(),
        settleInterval: Duration = .seconds(1), settleDeadline: Duration = .seconds(60)
    ) {
        self.socketPath = socketPath
        self.table = table
        self.tags = tags
        self.clientNamePrefix = clientNamePrefix ?? ClientName.defaultPrefix
        self.requestDeadline = requestDeadline
        self.commitDeadline = commitDeadline
        self.stateReadDeadline = stateReadDeadline
        self.lockRetry = lockRetry
        self.settleInterval = settleInterval
        self.settleDeadline = settleDeadline
    }

    var ownership: Ownership { Ownership(table: table, tags: tags) }
}
