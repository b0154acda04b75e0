/// A datastore of NMDA (RFC 8342), as far as the northbound API knows it.
public enum Datastore: String, Sendable, Hashable, Codable, CaseIterable {
    /// What FRR is configured with: Commit changes it, Get of `config` reads it.
    case running
    /// Edits that are not committed yet.
    case candidate
    /// What is in use: Get of `state` reads it.
    case operational
    /// What FRR reads when it starts. Nothing here reads or changes it.
    case startup
}
