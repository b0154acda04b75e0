/// For how long a server has refused us without a break. A server that has just started answers 403 for a moment; a
/// refusal that lasts is somebody's mistake.
struct RefusalSpell: Sendable {
    /// A refusal this old is reported as lasting.
    static var patience: Duration { .seconds(10) }

    private var start: Duration?

    /// Takes in how the last request ended; nil for well.
    ///
    /// - Returns: how long it has been 401 and 403 only, if that is too long.
    mutating func note(_ error: KubernetesError?, at now: Duration) -> Duration? {
        guard let error, error.code == .forbidden || error.code == .unauthorized else {
            start = nil
            return nil
        }
        let start = self.start ?? now
        self.start = start
        return now - start >= Self.patience ? now - start : nil
    }
}
