internal import Bindings
internal import Dispatch
internal import Glibc
internal import Journal
package import Logging
package import Northbound
internal import Observability
internal import Synchronization

/// Where the commit log is written to.
public enum CommitLogTarget: Sendable, Hashable, CustomStringConvertible {
    /// Appended to this file, which is made when it is missing.
    case file(String)
    /// Standard output; the log of the process goes to standard error.
    case standardOutput

    /// As `--commit-log` takes it.
    public var description: String {
        switch self {
        case .file(let path): path
        case .standardOutput: "-"
        }
    }
}

/// Appends finished records to a file, one JSON object on each line, as `cosmolet commits export` prints them.
///
/// Writing happens on a queue of its own: a slow or broken file costs no commit. A file that was renamed or removed is
/// begun anew with the next record. While the file cannot be written its records are left out, which is said once when it
/// begins and once when it ends; the journal has them.
package final class CommitLogFile: Sendable {
    /// Records that may wait; more are left out.
    private static let bound = 4096

    private struct State {
        var waiting: [TransactionRecord] = []
        var isScheduled = false
    }

    private let queue = DispatchQueue(label: "commit-log")
    private let state = Mutex(State())
    private let writer: LineWriter
    private let onDrop: @Sendable () -> Void

    /// Makes a log; the file is opened with the first record.
    ///
    /// - Parameter onDrop: called for each record that is left out, from any thread.
    package init(_ target: CommitLogTarget, logger: Logger, onDrop: @escaping @Sendable () -> Void) {
        writer = LineWriter(target, logger: logger)
        self.onDrop = onDrop
        // A reader of standard output that goes away must not end the process.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Takes a record; never waits. Records are written in the order of the calls.
    package func take(_ record: TransactionRecord) {
        let (isTaken, isFirst) = state.withLock { state in
            guard state.waiting.count < Self.bound else { return (false, false) }
            state.waiting.append(record)
            defer { state.isScheduled = true }
            return (true, !state.isScheduled)
        }
        if !isTaken { onDrop() }
        if isFirst { queue.async { [self] in drain() } }
    }

    /// Closes the file behind what was taken before; the next record opens it again.
    package func reopen() { queue.async { [writer] in writer.close() } }

    /// Returns when everything taken so far was written or left out, at the latest after two seconds: a reader of standard
    /// output that does not read must not hold up the end of the process.
    package func flush() async {
        let isResumed = Atomic(false)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let resume: @Sendable () -> Void = {
                if !isResumed.exchange(true, ordering: .relaxed) { continuation.resume() }
            }
            queue.async(execute: resume)
            DispatchQueue.global().asyncAfter(deadline: .now() + 2, execute: resume)
        }
    }

    private func drain() {
        while true {
            let records = state.withLock { state in
                defer { state.waiting = [] }
                if state.waiting.isEmpty { state.isScheduled = false }
                return state.waiting
            }
            if records.isEmpty { return }
            for record in records where !writer.write(JournalExport.encode(record)) { onDrop() }
        }
    }
}

/// Writes whole lines to one target.
///
/// `@unchecked Sendable`: used on the commit log's serial queue only.
private final class LineWriter: @unchecked Sendable {
    private let target: CommitLogTarget
    private let logger: Logger
    private var descriptor: Int32 = -1
    private var lost = 0

    init(_ target: CommitLogTarget, logger: Logger) {
        self.target = target
        self.logger = logger
    }

    deinit { close() }

    /// Writes a line with its line feed, all of it or nothing. Says when the file begins and ceases to fail.
    func write(_ line: String) -> Bool {
        do throws(Failure) {
            try prepare()
            try append(Array((line + "\n").utf8))
        } catch {
            close()
            if lost == 0 {
                logger.critical(
                    "the commit log cannot be written",
                    metadata: [
                        LogKeys.path: "\(target)", LogKeys.error: "\(error)",
                        LogKeys.hint: "what is missing there is in the journal: cosmolet commits export",
                    ])
            }
            lost += 1
            return false
        }
        if lost > 0 {
            logger.critical(
                "the commit log can be written again",
                metadata: [LogKeys.path: "\(target)", LogKeys.count: "\(lost)"])
            lost = 0
        }
        return true
    }

    func close() {
        if case .file = target, descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    private struct Failure: Error, CustomStringConvertible {
        let operation: String
        let number = errno

        var description: String { "\(operation): \(String(cString: strerror(number)))" }
    }

    /// Opens the file, again if its name stands for another one by now.
    private func prepare() throws(Failure) {
        guard case .file(let path) = target else {
            descriptor = STDOUT_FILENO
            return
        }
        if descriptor >= 0 {
            let opened = FileStatus(descriptor: descriptor)
            if opened == nil || opened?.identity != FileStatus(path: path)?.identity { close() }
        }
        guard descriptor < 0 else { return }
        descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw Failure(operation: "open") }
    }

    private func append(_ bytes: [UInt8]) throws(Failure) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                written += count
            } else if count < 0, errno == EAGAIN {
                // Somebody who shares the terminal or pipe made it non-blocking.
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wait, 1, -1)
            } else if count == 0 || errno != EINTR {
                let failure = Failure(operation: "write")
                takeBack(written)
                throw failure
            }
        }
    }

    /// Half a line, for instance on a full device, would spoil the next one.
    private func takeBack(_ count: Int) {
        guard count > 0, let status = FileStatus(descriptor: descriptor), status.isRegularFile else { return }
        ftruncate(descriptor, off_t(status.size) - off_t(count))
    }
}
