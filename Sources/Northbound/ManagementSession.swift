/// What a session found out about the FRR it talks to.
public struct ManagementCapabilities: Sendable, Hashable, Codable {
    /// The provider: `mgmtd` or `bgpd`.
    public var provider: String
    /// Wire dialect, for instance `protobuf` or `native`.
    public var dialect: String
    /// Schema generation of the module that carries our networks, for instance `A`, `B`, `C` of staticd.
    public var schema: String
    /// The range of FRR releases that answer this way, for instance `10.2-10.3`.
    public var releases: String
    /// Whether state (zebra's RIB) can be read.
    public var canReadState: Bool

    /// Makes a description.
    public init(provider: String, dialect: String, schema: String, releases: String, canReadState: Bool) {
        self.provider = provider
        self.dialect = dialect
        self.schema = schema
        self.releases = releases
        self.canReadState = canReadState
    }
}

/// What a session tells unasked.
public enum SessionEvent: Sendable, Hashable {
    /// The connection ended while nothing was in flight, or a request failed with it. `open()` may be called again.
    case disconnected(String)
    /// So many networks that FRR still announced, but had lost from running, were put back into running.
    case healed(Int)
    /// A step of moving the announcements from one provider to another.
    case moved(ProviderMove)
}

/// A session with the northbound of one FRR, in the BGP model (design D3).
///
/// An implementer guarantees:
/// - requests are strictly serial, whatever the callers do at once;
/// - a transaction is applied whole or not at all, and every way out of a commit leaves no lock and a clean candidate;
/// - a commit that was sent is waited for, also when the calling task is cancelled;
/// - only networks that carry our mark are reported, changed or removed; all else stays byte for byte as it is;
/// - after an error of code `disconnected` every call fails the same way until `open()` has succeeded again.
public protocol ManagementSession: Sendable {
    /// Tells, before the first `open()`, of transactions that a killed process before this one had begun and whose end
    /// nobody knows. What FRR carried out of one without having it in running, `open()` completes, so that running shows
    /// all of it or nothing. The default does nothing: right where FRR cannot come apart like that.
    func resume(_ transactions: [[NetworkEdit]]) async

    /// Connects, finds out whom it talks to and heals what a restart of FRR left behind: announcements of ours that
    /// FRR still carries but no longer has in running are put into running again, silently for BGP.
    ///
    /// Calling it on an open session returns the known capabilities.
    func open() async throws(ManagementError) -> ManagementCapabilities

    /// Our networks in the running datastore.
    func networks() async throws(ManagementError) -> Set<Network>

    /// Our networks in use: as the routing table (zebra's RIB) has them, selected and offered to BGP, or from inside bgpd
    /// as BGP has paths of them. Throws `unsupported` where the provider cannot tell.
    func installedNetworks() async throws(ManagementError) -> Set<Network>

    /// Applies a transaction. Never throws: failures are outcomes.
    func commit(_ transaction: Transaction) async -> CommitResult

    /// Releases everything and closes in the way that does no harm to other clients. What is announced stays announced.
    func close() async

    /// Unasked news, from one stream; a second call ends the first stream.
    func events() async -> AsyncStream<SessionEvent>
}

extension ManagementSession {
    /// Does nothing.
    public func resume(_ transactions: [[NetworkEdit]]) async {}
}
