internal import Foundation
internal import GRDB
internal import Logging
internal import Northbound
internal import Synchronization

/// The open database of a journal: who opens, reopens, replaces and closes it, and on which thread.
///
/// Two serial queues keep SQLite and fsync off the cooperative pool. All writing, opening and closing happens on
/// `writerQueue`, reading on `readerQueue`, so that a long list delays other lists but no commit (WAL: readers and the
/// writer do not wait for each other). A reader that finds the file damaged or gone has the writer replace it.
///
/// `@unchecked Sendable`: the variables marked "writer" are touched on `writerQueue` only, all else is constant or behind
/// `shared`.
final class JournalStore: @unchecked Sendable {
    private struct Shared {
        var pool: DatabasePool?
        var identity: JournalFile.Identity?
        var startedFresh: FreshStart?
    }

    let file: JournalFile
    let configuration: JournalConfiguration
    let logger: Logger
    private let writerQueue = DispatchQueue(label: "cosmolet.journal.writer")
    private let readerQueue = DispatchQueue(label: "cosmolet.journal.reader")
    private let shared = Mutex(Shared())
    /// Writer: a failure of the device was seen; the next call opens anew.
    private var mustReopen = false
    /// Writer: what was wrong with a file that must be set aside and could not yet be.
    private var damage: String?
    /// Writer: the last sequence number seen, which outlives a file that goes bad.
    private var lastSequence: Int64 = 0
    /// Writer: the log of the open file.
    private var logIdentity: JournalFile.Identity?
    /// Writer: `close` was called.
    private var isClosed = false

    init(file: JournalFile, configuration: JournalConfiguration, logger: Logger) {
        self.file = file
        self.configuration = configuration
        self.logger = logger
    }

    /// Why the journal holds no record; nil when it does.
    var startedFresh: FreshStart? { shared.withLock { $0.startedFresh } }

    // MARK: - Calls from tasks

    /// Runs a write on the writer's queue. Not cancellable: what was handed over is done.
    func onWriter<Value: Sendable>(
        _ body: @escaping @Sendable () throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        try await Self.run(on: writerQueue, body)
    }

    /// Runs a read on the reader's queue.
    func onReader<Value: Sendable>(
        _ body: @escaping @Sendable () throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        try await Self.run(on: readerQueue, body)
    }

    /// Puts work behind what the writer has to do now. Nobody waits for it.
    func later(_ body: @escaping @Sendable () -> Void) {
        writerQueue.async(execute: body)
    }

    private static func run<Value: Sendable>(
        on queue: DispatchQueue, _ body: @escaping @Sendable () throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        let result: Result<Value, JournalError> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(JournalError) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    // MARK: - On the writer's queue

    /// Runs one SQLite transaction; it is durable when this returns, and nothing of it is kept when it throws.
    func write<Value>(_ operation: String, _ body: (Database) throws -> Value) throws(JournalError) -> Value {
        let pool = try usablePool()
        do { return try pool.write(body) } catch {
            throw react(to: JournalError(error, operation: operation, path: file.path))
        }
    }

    /// Sets or asks a pragma of the writer's connection, as it is: for tests of a full or read-only device.
    func pragma(_ text: String) throws(JournalError) -> Int {
        let pool = try usablePool()
        do {
            return try pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA \(text)") ?? 0 }
        } catch { throw JournalError(error, operation: "pragma \(text)", path: file.path) }
    }

    /// Tells that a record with this number is in the file.
    func noteRecord(_ sequence: Int64) {
        lastSequence = sequence
        shared.withLock { $0.startedFresh = nil }
    }

    /// Opens the file now.
    func openNow() throws(JournalError) { _ = try usablePool() }

    /// Closes the file; the log is merged into it. Calls after this throw `unusable`.
    func close() {
        isClosed = true
        discardPool()
    }

    /// The open database: opened, reopened or replaced when needed.
    private func usablePool() throws(JournalError) -> DatabasePool {
        guard !isClosed else { throw JournalError(.unusable, "journal \(file.path): was closed") }
        let (pool, identity) = shared.withLock { ($0.pool, $0.identity) }
        guard let pool else { return try open(.empty) }
        if file.identity() != identity {
            logger.critical(
                "journal file was removed or replaced, its records are lost",
                metadata: ["path": "\(file.path)", "last_sequence": "\(lastSequence)"])
            discardPool()
            file.removeLog(logIdentity)
            return try open(.vanished)
        }
        if mustReopen, damage == nil {
            // The old connections are kept until new ones work: a device that refuses writes can often still be read.
            do throws(JournalError) {
                let fresh = try connect(.empty)
                close(pool)
                return fresh
            } catch  where error.code == .corrupt {
                damage = error.message
            }
        }
        guard damage != nil else { return pool }
        discardPool()
        return try open(.empty)
    }

    /// Opens the file, at most twice: the second time after a damaged one was set aside.
    private func open(_ reason: FreshStart) throws(JournalError) -> DatabasePool {
        var reason = reason
        for _ in 0..<2 {
            if let detail = damage {
                let target = try file.setAside(nowMicroseconds: configuration.now())
                damage = nil
                lastSequence = max(lastSequence, JournalOpening.salvageSequence(target))
                logger.critical(
                    "journal is damaged: it was set aside and a fresh one is begun from what FRR runs",
                    metadata: [
                        "path": "\(file.path)", "set_aside": "\(target)", "error": "\(detail)",
                        "last_sequence": "\(lastSequence)",
                    ])
                reason = .corrupt(setAside: target, detail: detail)
            }
            do throws(JournalError) {
                return try connect(reason)
            } catch  where error.code == .corrupt {
                damage = error.message
            }
        }
        throw JournalError(.corrupt, "journal \(file.path): a fresh file is damaged too: \(damage ?? "")")
    }

    private func connect(_ reason: FreshStart) throws(JournalError) -> DatabasePool {
        do {
            let opened = try JournalOpening.open(file, configuration: configuration, lastSequence: lastSequence)
            mustReopen = false
            lastSequence = opened.lastSequence
            logIdentity = file.logIdentity()
            shared.withLock {
                $0 = Shared(
                    pool: opened.pool, identity: file.identity(), startedFresh: opened.isEmpty ? reason : nil)
            }
            return opened.pool
        } catch {
            throw file.refine(JournalError(error, operation: "open", path: file.path))
        }
    }

    /// Draws the conclusions of a failure, and returns it.
    private func react(to error: JournalError) -> JournalError {
        let error = file.refine(error)
        switch error.code {
        case .corrupt:
            damage = error.message
            discardPool()
            // At once, so that the owner finds a journal that works; should that fail, the next call tries again.
            do throws(JournalError) { _ = try open(.empty) } catch {
                logger.error("fresh journal cannot be begun yet", metadata: ["error": "\(error)"])
            }
        case .inputOutput, .readOnly: mustReopen = true
        default: break
        }
        return error
    }

    private func discardPool() {
        let pool = shared.withLock { shared in
            defer { shared.pool = nil }
            return shared.pool
        }
        if let pool { close(pool) }
    }

    private func close(_ pool: DatabasePool) {
        // Readers first: SQLite merges and removes the log when the last connection that may write closes.
        pool.releaseMemory()
        do { try pool.close() } catch {
            logger.warning("journal was not closed cleanly", metadata: ["path": "\(file.path)", "error": "\(error)"])
        }
    }

    // MARK: - On the reader's queue

    /// Reads from one snapshot of the file.
    func read<Value>(_ operation: String, _ body: (Database) throws -> Value) throws(JournalError) -> Value {
        let (pool, identity) = shared.withLock { ($0.pool, $0.identity) }
        let usable: DatabasePool
        if let pool, identity == file.identity() {
            usable = pool
        } else {
            usable = try writerQueue.sync { [self] in
                Result { () throws(JournalError) in try usablePool() }
            }.get()
        }
        do { return try usable.read(body) } catch {
            let failure = JournalError(error, operation: operation, path: file.path)
            throw writerQueue.sync { [self] in
                // Somebody else may have replaced it in the meantime.
                shared.withLock { $0.pool === usable } ? react(to: failure) : failure
            }
        }
    }
}
