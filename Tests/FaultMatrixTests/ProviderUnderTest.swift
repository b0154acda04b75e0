import CosmoletTesting
import NetworkTypes
import Northbound

/// A provider in front of one FRR, as the matrix needs it. All that is known of a provider is here: a second one, for
/// instance inside bgpd, is a second value of this type.
struct ProviderUnderTest: Sendable {
    /// `mgmtd` or `bgpd`.
    let name: String
    /// Release of the FRR behind it.
    let frrVersion: String
    /// The provider's own socket, past the relay.
    let socketPath: String
    /// How its messages are cut.
    let framing: WireFraming
    /// A session through the socket at a path.
    let makeSession: @Sendable (_ socketPath: String) -> any ManagementSession
    /// True for the request from which on only an answer tells what became of a transaction.
    let isCommit: @Sendable (RelayedFrame) -> Bool
    /// Damages the edit of a prefix within a request so that FRR refuses it; nil when the frame does not hold it.
    let spoil: [SpoiledEdit]
    /// Faults of the processes behind the socket.
    let processFaults: [ProcessFault]
    /// Starts what has crashed by itself, as FRR's own watchdog would, and says what that was.
    let revive: @Sendable () async throws -> [String]
    /// Looks at FRR as another client, at this moment.
    let takeStock: @Sendable () async throws -> Stock
    /// Another management client; nil where nothing can be locked, and no candidate is shared.
    let operatorSession: (@Sendable () async throws -> any OperatorSession)?

    /// `mgmtd of FRR 10.3`, for reports.
    var label: String { "\(name) of FRR \(frrVersion)" }
}

/// A way to make FRR refuse one edit of a transaction.
struct SpoiledEdit: Sendable {
    /// What is wrong with it, and who finds out.
    let name: String
    /// The damaged frame; nil when the frame does not hold the edit.
    let apply: @Sendable (_ frame: RelayedFrame, _ prefix: IPPrefix) -> [UInt8]?
}

/// Something that happens to a process behind the socket.
struct ProcessFault: Sendable {
    /// For the report.
    let name: String
    /// Strikes at once, on the relay's thread.
    let strike: @Sendable () -> Void
    /// Cuts the connection as well, after the strike.
    var cutsConnection = false
    /// Ends the fault while the transaction may still be waiting for it; nil when it ends by repair only.
    var relieve: (@Sendable () -> Void)?
    /// Brings FRR back into order after the client has its answer. Called again, with the next number from 0, while
    /// the service does not recover.
    var repair: (@Sendable (_ attempt: Int) async throws -> Void)?
}

/// What another client finds.
struct Stock: Sendable {
    /// Our networks in running.
    let running: Set<Network>
    /// Why the locks could not be had at once.
    let lockRefusal: String?
    /// Why a commit of what the shared candidate held was refused.
    let commitRefusal: String?
    /// Our networks in running after that commit: a clean candidate changes nothing.
    let runningAfterCommit: Set<Network>
}

/// An operator at work, for instance in vtysh: blocks others until told otherwise.
protocol OperatorSession: Sendable {
    /// Takes the candidate's lock.
    func lock() async throws
    /// Leaves edits in the shared candidate that nobody has committed.
    func edit(_ network: Network) async throws
    /// Releases what it holds, leaving the candidate as it is.
    func unlock() async throws
    /// Ends the connection.
    func close() async
}
