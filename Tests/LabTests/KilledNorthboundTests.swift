import Bindings
import CosmoletTesting
import Foundation
import Glibc
import Journal
import NetworkTypes
import Northbound
import NorthboundRPC
import Synchronization
import Testing

extension LabTests {
    /// kill -9 of the northbound at every step of one commit of 100 edits: while the intent is being written, before the
    /// first frame to FRR, at each frame in either direction, while the result is being written, and when the client has
    /// it.
    @Suite(.timeLimit(.minutes(10))) struct KilledNorthboundTests {
        @Test func journalAndFRRAgreeWhereverItIsKilled() async throws {
            let start = ContinuousClock.now
            try await NorthboundNode.each { node in
                var matrix = try await KillMatrix(node)
                try await matrix.run()
                print("kill -9 of the northbound, \(node.release): \(matrix.summary)")
            }
            print("kill -9 of the northbound: both releases in \(start.duration(to: .now))")
        }
    }
}

/// Where one commit is interrupted.
enum KillStep: CustomStringConvertible {
    /// With the first byte that is written to the journal.
    case intentWritten
    /// The intent is written; nothing was sent.
    case beforeFirstFrame
    /// As soon as this frame, of either direction, was passed on.
    case frame(Int)
    /// The last reply was received; so many milliseconds after the first byte was written to the journal behind it.
    case resultWritten(milliseconds: Int)
    /// The client has its answer.
    case answered

    var description: String {
        switch self {
        case .intentWritten: "while the intent went to the journal"
        case .beforeFirstFrame: "before the first frame"
        case .frame(let number): "at frame \(number)"
        case .resultWritten(let milliseconds): "\(milliseconds) ms after the result went to the journal"
        case .answered: "when the client had its answer"
        }
    }
}

/// The cases of one FRR release, one after the other, all from the same set of networks to the same other one.
private struct KillMatrix {
    private static let client = "killer"
    /// 100 edits: 60 new networks, 30 with another class, 10 removed.
    private static let old = Set((0..<40).map { network($0, .default) })
    private static let new = Set((0..<30).map { network($0, .drain) } + (40..<100).map { network($0, .default) })
    private static let edits = NetworkEdit.difference(from: old, to: new)

    private let node: NorthboundNode
    private let relay: FrameRelay
    private let api: NorthboundClient
    private var northbound: NorthboundProcess
    private var model = JournalModel()
    private var lastSequence: Int64 = 0
    private var applied = 0
    private var notApplied = 0
    private var notBegun = 0
    private var frames = 0

    init(_ node: NorthboundNode) async throws {
        self.node = node
        relay = try FrameRelay(
            at: node.folder + "/relay.sock", to: node.node.managementSocket, framing: .mgmtd)
        northbound = try await node.start(through: relay.path)
        api = try await node.client(of: northbound, name: Self.client)
        try await api.waitUntilServing()
        try await bringBack()
    }

    private static func network(_ number: Int, _ attributeClass: AttributeClass) -> Network {
        Network(prefix: number % 2 == 0 ? Sample.ipv4(number) : Sample.ipv6(number), attributeClass: attributeClass)
    }

    var summary: String {
        "\(applied + notApplied + notBegun) cases over \(frames) frames: \(applied) applied, \(notApplied) not applied, "
            + "\(notBegun) without a record; no mixture, none in doubt, journal and FRR agree"
    }

    mutating func run() async throws {
        defer { relay.stop() }
        #expect(Self.edits.count == 100)
        try await play(.intentWritten)
        try await play(.beforeFirstFrame)
        var number = 1
        while try await play(.frame(number)) { number += 1 }
        frames = number - 1
        for milliseconds in 0..<6 { try await play(.resultWritten(milliseconds: milliseconds)) }
        try await play(.answered)
        // The kills met commits before and after FRR had them.
        #expect(frames > 0 && applied > 0 && notApplied > 0, "\(summary)")
        try await compareExport()
    }

    // MARK: - One case

    /// Commits, kills, starts again and looks. False when the commit was over before the step came.
    @discardableResult private mutating func play(_ step: KillStep) async throws -> Bool {
        let request = CommitRequest("\(step)", Self.edits)
        arm(step)
        let first = await api.outcome(of: request)
        if case .frame = step, !relay.end().hasFired {
            #expect((try? first.get())?.outcome == .applied, "undisturbed")
            try await bringBack()
            return false
        }
        if case .answered = step { northbound.process.signal(SIGKILL) }
        try await northbound.process.waitForEnd()
        northbound = try await node.start(through: relay.path)
        try await api.waitUntilServing()
        let records = try await takeRecords()
        let running = try await node.running()
        #expect(running == Self.old || running == Self.new, "killed \(step): a mixture of \(running.count) networks")
        #expect(model.networks == running, "killed \(step): the journal says something else than FRR")
        let mine = records.filter { $0.requestID == request.requestID }
        #expect(mine.count == records.count, "killed \(step): recovery needed records of its own: \(records)")
        try await repeatCommit(request, first: first, record: mine.first, running: running, step)
        try await bringBack()
        return true
    }

    private func arm(_ step: KillStep) {
        let process = northbound.process
        let log = northbound.journal + "-wal"
        switch step {
        case .intentWritten:
            relay.begin()
            Thread.detachNewThread { [before = FileStatus(path: log)] in
                Self.waitForChange(of: log, since: before)
                Self.kill(process)
            }
        case .beforeFirstFrame:
            relay.begin(
                .rewrite { _ in
                    Self.kill(process)
                    return []
                })
        case .frame(let number): relay.begin(.act(step: number) { Self.kill(process) })
        case .resultWritten(let milliseconds):
            relay.begin(
                .act(step: frames) { [before = FileStatus(path: log)] in
                    Self.waitForChange(of: log, since: before)
                    let moment = ContinuousClock.now + .milliseconds(milliseconds)
                    while ContinuousClock.now < moment {}
                    Self.kill(process)
                })
        case .answered: relay.begin()
        }
    }

    private static func waitForChange(of log: String, since before: FileStatus?) {
        let deadline = ContinuousClock.now + .seconds(2)
        while FileStatus(path: log) == before, ContinuousClock.now < deadline {}
    }

    /// Returns when the process is gone, so that nothing passes the relay that it did later.
    private static func kill(_ process: ManagedProcess) {
        guard case .running(let pid) = process.phase.value else { return }
        let deadline = ContinuousClock.now + .seconds(5)
        while Glibc.kill(pid, SIGKILL) == 0, ContinuousClock.now < deadline {}
    }

    /// The same request again gets the first outcome, without executing anything; only when nothing was applied it is
    /// executed.
    private mutating func repeatCommit(
        _ request: CommitRequest, first: Result<TransactionRecord, NorthboundError>, record: TransactionRecord?,
        running: Set<Network>, _ step: KillStep
    ) async throws {
        let again = await api.outcome(of: request)
        let runningNow = try await node.running()
        if let known = try? first.get() { #expect(known == record, "killed \(step): the client was told otherwise") }
        switch record?.outcome {
        case .applied?:
            applied += 1
            #expect(running == Self.new, "killed \(step)")
            #expect((try? again.get()) == record, "killed \(step): \(again)")
            #expect(runningNow == running, "killed \(step)")
        case .rejected?:
            notApplied += 1
            #expect(running == Self.old, "killed \(step)")
            let second = try again.get()
            #expect(second.outcome == .applied && second.id != record?.id, "killed \(step)")
            #expect(runningNow == Self.new, "killed \(step)")
        case nil:
            notBegun += 1
            #expect(running == Self.old, "killed \(step)")
            #expect(runningNow == Self.new, "killed \(step): \(again)")
        case .pending?, .unknown?:
            Issue.record("killed \(step): left in doubt")
        }
    }

    /// Makes the old set what FRR runs, through the northbound: so no lock was left and the candidate is clean.
    private mutating func bringBack() async throws {
        relay.end()
        let edits = NetworkEdit.difference(from: try await node.running(), to: Self.old)
        if !edits.isEmpty {
            let record = try await api.commit(CommitRequest("back-\(lastSequence)", edits))
            #expect(record.outcome == .applied)
        }
        _ = try await takeRecords()
        #expect(try await node.running() == Self.old)
    }

    /// Records that are new, into the model.
    private mutating func takeRecords() async throws -> [TransactionRecord] {
        let records = try await api.listTransactions(TransactionFilter(afterSequence: lastSequence))
        for record in records { try model.add(record) }
        lastSequence = records.last?.sequence ?? lastSequence
        #expect(model.settledSequence == lastSequence, "records are in doubt")
        return records
    }

    /// The whole journal, as an operator exports it.
    private func compareExport() async throws {
        let text = try await node.cosmolet("commits", "export", "--northbound", northbound.endpoint)
        let exported = try JournalModel(lines: text.split(separator: "\n"))
        let listed = try await node.networks("list", "--northbound", "mgmtd:\(node.node.managementSocket)")
        #expect(exported.networks == listed)
    }
}

extension WireFraming {
    /// mgmtd's frames: marker and length in 4 bytes each, in host byte order; the length counts these 8.
    static let mgmtd = WireFraming(name: "mgmtd") { bytes, _ in
        guard bytes.count >= 8 else { return nil }
        return Int(bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self) })
    }
}
