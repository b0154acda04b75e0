/// A handle on a counter of a `MetricRegistry`. Cheap to copy; safe from any thread.
///
/// On all handles, labels other than those of the definition are a broken invariant and trap.
public struct Counter: Sendable {
    let family: MetricFamily

    /// Adds to the counter. An amount of 0 makes the sample appear with its value, which lets `rate()` see the first event.
    ///
    /// - Precondition: the amount is not negative.
    public func increment(_ labels: MetricLabels = .none, by amount: Double = 1) {
        precondition(amount >= 0, "counter \(family.definition.name) cannot fall by \(-amount)")
        family.update(labels) { $0.add(amount) }
    }

    /// Raises the counter to a total that somebody else counts, such as the kernel. A smaller total changes nothing.
    public func advance(_ labels: MetricLabels = .none, to total: Double) {
        family.update(labels) { $0 = .value(max($0.value, total)) }
    }
}

/// A handle on a gauge of a `MetricRegistry`. Cheap to copy; safe from any thread.
public struct Gauge: Sendable {
    let family: MetricFamily

    /// Sets the value.
    public func set(_ labels: MetricLabels = .none, to value: Double) {
        family.update(labels) { $0 = .value(value) }
    }

    /// Sets 1 for true, 0 for false.
    public func set(_ labels: MetricLabels = .none, to value: Bool) {
        set(labels, to: value ? 1.0 : 0.0)
    }

    /// Sets the value to a time in seconds.
    public func set(_ labels: MetricLabels = .none, to duration: Duration) {
        set(labels, to: duration.inSeconds)
    }

    /// Replaces every sample of this gauge in one step: label sets that are not in `values` disappear.
    public func setAll(_ values: [MetricLabels: Double]) {
        family.replaceAll(values)
    }

    /// Takes one label set out of the exposition.
    public func remove(_ labels: MetricLabels) {
        family.remove(labels)
    }
}

/// A handle on a histogram of a `MetricRegistry`. Cheap to copy; safe from any thread.
public struct Histogram: Sendable {
    let family: MetricFamily

    /// Counts one observed time, in seconds.
    public func observe(_ duration: Duration, _ labels: MetricLabels = .none) {
        observe(value: duration.inSeconds, labels)
    }

    /// Counts one observation in the unit of the definition. A value equal to a bucket's bound belongs to that bucket.
    public func observe(value: Double, _ labels: MetricLabels = .none) {
        let buckets = family.definition.buckets
        let index = buckets.firstIndex { value <= $0 } ?? buckets.count
        family.update(labels) { $0.count(value, inBucket: index) }
    }
}

extension MetricFamily.Sample {
    fileprivate var value: Double {
        guard case .value(let value) = self else { preconditionFailure("a histogram has no single value") }
        return value
    }

    fileprivate mutating func add(_ amount: Double) {
        self = .value(value + amount)
    }

    fileprivate mutating func count(_ value: Double, inBucket index: Int) {
        guard case .distribution(var counts, let sum) = self else {
            preconditionFailure("only a histogram has buckets")
        }
        counts[index] += 1
        self = .distribution(counts: counts, sum: sum + value)
    }
}

extension Duration {
    /// The whole duration as a floating-point number of seconds.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
