/// Waits for a condition that another task, thread or process makes true, and that nothing announces. Where something
/// does, use `Observed`.
///
/// Asks each millisecond without spinning: others need the processor to make it true.
///
/// - Throws: `DeadlineExceeded`, and what the condition throws.
public func eventually(
    _ what: String, within timeout: Duration = .seconds(60), _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + timeout
    while try await !condition() {
        guard clock.now < deadline else { throw DeadlineExceeded(description: "never: \(what)") }
        try await clock.sleep(for: .milliseconds(1))
    }
}
