/// The datastores of mgmtd. Each dialect has its own numbers for them.
enum Datastore: Sendable, Hashable {
    case running
    case candidate
    case operational
}

/// What COMMIT shall do.
enum CommitAction: UInt8, Sendable, Hashable {
    /// Candidate to running.
    case apply = 0
    /// Candidate made equal to running.
    case abort = 1
    /// Check only.
    case validate = 2
}

/// A native edit operation; codes of `lib/mgmt_msg_native.h`. CREATE and DELETE are left out (hazard 17).
enum NativeOperation: UInt8, Sendable, Hashable {
    case merge = 2
    case remove = 3
    case replace = 5
}

/// One frame's worth of edits, ready for its dialect.
enum EditBatch: Sendable, Hashable {
    /// Entries of one FeSetConfigReq.
    case leaves([LeafEdit])
    /// One native EDIT; data is JSON, empty for a removal.
    case tree(NativeOperation, path: String, data: String)

    /// A leaf to set or a node to remove.
    enum LeafEdit: Sendable, Hashable {
        case set(path: String, value: String)
        case remove(path: String)
    }
}

/// What a session asks of mgmtd, whatever the dialect.
enum Request: Sendable, Hashable {
    /// Makes a session; `requestID` of the frame is the client's number for it, unique on the connection.
    case createSession(clientName: String)
    /// Takes or releases a lock.
    case lock(Datastore, take: Bool)
    case edit(EditBatch)
    case commit(CommitAction)
    /// Running configuration below a path.
    case readConfiguration(path: String)
    /// Does the schema know this path? Answered `{}` or with an error, without data.
    case resolve(path: String)
    /// State below a path, from the daemon that has it. May take for ever (hazard 24).
    case readState(path: String)
    /// Configuration and state of mgmtd itself.
    case readOperational(path: String)
}
