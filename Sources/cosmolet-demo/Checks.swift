internal import Synchronization

/// Collects the report while the demo runs. May be used from any task.
final class Recorder: Sendable {
    private let report = Mutex(Report())
    private let presenter: any Presenter

    init(presenter: any Presenter) { self.presenter = presenter }

    /// The report so far.
    var value: Report { report.withLock(\.self) }

    /// Writes something into the report.
    func record(_ change: (inout Report) -> Void) {
        report.withLock { change(&$0) }
    }

    /// Records a comparison.
    ///
    /// - Throws: `DemoError` with both sides when it does not hold.
    func check(_ name: String, expected: String, seen: String, passed: Bool) throws {
        record { $0.checks.append(.init(name: name, expected: expected, seen: seen, passed: passed)) }
        presenter.checked(name, seen: seen, passed: passed)
        guard passed else {
            throw DemoError("check failed: \(name)\n  expected: \(expected)\n  seen:     \(seen)")
        }
    }

    /// Records a comparison of two values.
    func check<Value: Equatable>(_ name: String, expected: Value, seen: Value) throws {
        try check(name, expected: "\(expected)", seen: "\(seen)", passed: expected == seen)
    }
}
