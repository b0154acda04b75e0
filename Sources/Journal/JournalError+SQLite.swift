internal import GRDB
internal import Glibc
internal import Northbound

extension JournalError {
    /// Translates what GRDB or this target threw. A `JournalError` passes as it is; SQLite's code and text are kept in
    /// the message.
    init(_ error: any Error, operation: String, path: String) {
        switch error {
        case let error as JournalError:
            self = error
        case let error as DatabaseError:
            let text = "\(error.message ?? "no message") (SQLite \(error.extendedResultCode.rawValue))"
            self.init(Code(sqlite: error), operation, path, text)
        default:
            self.init(
                error is JournalDamage || error is RowDecodingError ? .corrupt : .unusable, operation, path, "\(error)")
        }
    }

    /// Translates an `errno` of a system call on the journal's file or folder.
    init(errno code: Int32, operation: String, path: String) {
        let kind: Code =
            switch code {
            case ENOSPC, EDQUOT: .full
            case EROFS, EACCES, EPERM: .readOnly
            case EIO: .inputOutput
            default: .unusable
            }
        self.init(kind, operation, path, String(cString: strerror(code)))
    }

    private init(_ code: Code, _ operation: String, _ path: String, _ text: String) {
        self.init(code, "journal \(path): \(operation): \(text)")
    }

    /// True when time or an operator can make the same call succeed without a change of the program or the file.
    var isEnvironmental: Bool { code == .full || code == .readOnly || code == .inputOutput }
}

extension JournalError.Code {
    fileprivate init(sqlite error: DatabaseError) {
        switch error.extendedResultCode {
        // The shared-memory file could not grow: no space is left.
        case .SQLITE_IOERR_SHMSIZE: self = .full
        default:
            switch error.resultCode {
            case .SQLITE_FULL: self = .full
            case .SQLITE_READONLY, .SQLITE_PERM: self = .readOnly
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt
            case .SQLITE_IOERR, .SQLITE_CANTOPEN: self = .inputOutput
            default: self = .unusable
            }
        }
    }
}
