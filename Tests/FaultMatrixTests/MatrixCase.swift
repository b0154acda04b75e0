import CosmoletTesting
import NetworkTypes
import Northbound

/// One fault at one step of one commit.
struct MatrixCase: Sendable {
    /// What goes wrong.
    enum Fault: Sendable {
        case cut(RelayFault.Cut)
        case process(ProcessFault)

        var name: String {
            switch self {
            case .cut(let cut): "connection cut \(cut.rawValue)"
            case .process(let fault): "\(fault.name) after"
            }
        }
    }

    let fault: Fault
    /// Frames of both directions are counted together, from 1.
    let step: Int
    /// Where the request for the commit is.
    let commitStep: Int
    let networks: MatrixNetworks

    /// Unique within a run; the request id of the commit.
    var name: String { "\(fault.name) frame \(step)" }

    /// Plays the case and says what is wrong after it; empty when all is well.
    ///
    /// - Throws: when the service does not recover, or FRR cannot be asked.
    func run(_ rig: MatrixRig) async throws -> [String] {
        try await rig.reset(to: networks.old)
        rig.relay.begin(relayFault)
        let pending = rig.beginCommit(name, networks.edits)
        let answer = try await self.answer(pending, rig)
        let recording = rig.relay.end()
        let problems = recording.hasFired ? [] : ["the fault did not fire in \(recording.frames.count) frames"]
        let running = try await recover(rig)
        let found: Result<[String], any Error>
        do { found = .success(try await check(running, answer, rig)) } catch { found = .failure(error) }
        // FRR may crash over a fault only now, most of all on a busy machine: a staticd answers late. Then it is the
        // state after the next start that counts.
        if (try? found.get())?.isEmpty != true, try await rig.hasRevived(name) {
            return problems + (try await checkState(rig.networks(), rig))
        }
        return problems + (try found.get())
    }

    private var relayFault: RelayFault {
        switch fault {
        case .cut(let cut): .cut(cut, step: step)
        case .process(let fault): .act(step: step, thenCuts: fault.cutsConnection, fault.strike)
        }
    }

    /// Waits for the client's answer, and meanwhile relieves a fault that would last for ever.
    private func answer(_ pending: Observed<MatrixRig.Answer?>, _ rig: MatrixRig) async throws -> MatrixRig.Answer {
        let passed = rig.relay.passed
        if case .process(let fault) = fault {
            if let relieve = fault.relieve {
                // The request for the commit is with FRR, or will never be.
                let target = fault.cutsConnection ? step : max(step, commitStep)
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        _ = try? await passed.wait(for: "the commit", timeout: .seconds(60)) { $0 >= target }
                    }
                    group.addTask { _ = try? await pending.wait(for: "an answer", timeout: .seconds(60)) { $0 != nil } }
                    await group.next()
                    group.cancelAll()
                }
                _ = try await passed.wait(for: "frame \(step)") { [step] in $0 >= step }
                relieve()
            } else {
                _ = try await passed.wait(for: "frame \(step)") { [step] in $0 >= step }
            }
        }
        guard let answer = try await pending.wait(for: "answer of Commit", timeout: .seconds(60), until: { $0 != nil })
        else { throw MatrixFailure(description: "no answer") }
        return answer
    }

    /// Brings FRR into order, and waits for the service to have found its way back by itself.
    private func recover(_ rig: MatrixRig) async throws -> Set<Network> {
        var repair: (@Sendable (Int) async throws -> Void)?
        if case .process(let fault) = fault { repair = fault.repair }
        var last: any Error = MatrixFailure(description: "not repaired")
        for attempt in 0..<5 {
            if let repair {
                try await repair(attempt)
            } else {
                _ = try await rig.hasRevived(name)
            }
            do { return try await rig.networks(within: .seconds(8)) } catch { last = error }
        }
        throw last
    }

    // MARK: - What must hold

    private func check(
        _ running: Set<Network>, _ answer: MatrixRig.Answer, _ rig: MatrixRig
    ) async throws -> [String] {
        var problems = try await checkState(running, rig)
        let record = try await rig.journal.record(requestID: name, client: MatrixRig.client)
        switch record?.outcome {
        case .applied: if running != networks.new { problems.append("the journal says applied, running is not new") }
        case .rejected: if running != networks.old { problems.append("the journal says rejected, running is not old") }
        case .pending, .unknown: problems.append("the journal still has the commit in doubt")
        case nil:
            if running != networks.old { problems.append("the journal does not know the commit, running is not old") }
        }
        switch answer {
        case .success: if record?.outcome != .applied { problems.append("the client was told applied") }
        case .failure(let error) where error.code == .unknown:
            if record == nil { problems.append("the client was told unknown, the journal knows nothing") }
        case .failure(let error):
            if record?.outcome == .applied { problems.append("the client was told \(error)") }
        }
        if let record { problems += try await checkRepetition(record, answer, rig) }
        return problems
    }

    /// Whatever the client was told: all or nothing, for everybody who looks.
    private func checkState(_ running: Set<Network>, _ rig: MatrixRig) async throws -> [String] {
        var problems: [String] = []
        if running != networks.old, running != networks.new {
            problems.append(
                "running is a mixture: \(running.count) networks, \(running.intersection(networks.old).count) old, "
                    + "\(running.intersection(networks.new).count) new")
        }
        problems += try await checkStock(running, rig)
        let inDoubt = try await rig.journal.inDoubt()
        if !inDoubt.isEmpty { problems.append("\(inDoubt.count) records are in doubt") }
        if try await rig.journal.networks(after: nil) != running { problems.append("the journal is not what FRR runs") }
        let installed = await rig.installed(running)
        if installed != running {
            problems.append(
                "running has \(running.count) networks, in use are \(installed.map { "\($0.count)" } ?? "nothing")")
        }
        return problems
    }

    /// Another client finds a clean candidate and no lock.
    private func checkStock(_ running: Set<Network>, _ rig: MatrixRig) async throws -> [String] {
        var stock = try await rig.provider.takeStock()
        if case .process = fault {
            // FRR itself takes the locks for a moment, to configure a daemon that has just started.
            let deadline = ContinuousClock.now + .seconds(10)
            while stock.lockRefusal != nil, ContinuousClock.now < deadline {
                stock = try await rig.provider.takeStock()
            }
        }
        var problems: [String] = []
        if stock.running != running {
            problems.append("another client reads \(stock.running.count) networks, the service \(running.count)")
        }
        if let refusal = stock.lockRefusal { problems.append("a lock is left: \(refusal)") }
        if let refusal = stock.commitRefusal { problems.append("another client cannot commit: \(refusal)") }
        if stock.runningAfterCommit != stock.running { problems.append("the candidate was not clean") }
        return problems
    }

    /// The same request gets the recorded outcome, and changes nothing; one that was refused for a reason that has passed
    /// is executed, with a record of its own.
    private func checkRepetition(
        _ record: TransactionRecord, _ first: MatrixRig.Answer, _ rig: MatrixRig
    ) async throws -> [String] {
        switch (first, try await rig.commit(name, networks.edits)) {
        case (.failure, .success(let again)) where record.outcome == .rejected:
            again.id == record.id || again.outcome != .applied
                ? ["repeated, the request gets the record \(again.id), \(again.outcome.rawValue)"]
                : try await rig.networks() == networks.new ? [] : ["repeated, it is applied but running is not new"]
        case (_, .success(let again)):
            again == record ? [] : ["repeated, the request gets another record"]
        case (.failure(let error), .failure(let again)) where record.outcome == .rejected && again.code != .unknown:
            // What was unknown is known by now; everything else is told as it was.
            error.code == .unknown || error.code == again.code ? [] : ["after \(error), repeated it gets \(again)"]
        case (_, .failure(let again)): ["repeated, the request gets \(again)"]
        }
    }
}
