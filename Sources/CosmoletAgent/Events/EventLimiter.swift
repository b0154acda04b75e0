/// How many Events may be told: a bucket of tokens for each object, so that one that flaps is not told of without end,
/// and one for the whole agent, so that a change of thousands of VIPs does not flood the API server. A value without a
/// clock: times are durations since any fixed moment.
struct EventLimiter {
    /// 25 at once for one object, then one in five minutes; these are the numbers of client-go.
    static let forObject = Limit(burst: 25, refill: .seconds(300))
    /// 30 at once for the agent, then one a second: the API server sees this times the number of nodes.
    static let forAgent = Limit(burst: 30, refill: .seconds(1))

    /// Size of a bucket, and the time for one token.
    struct Limit {
        var burst: Int
        var refill: Duration
    }

    private struct Bucket {
        var tokens: Double
        var filledAt: Duration

        mutating func fill(_ limit: Limit, at now: Duration) {
            tokens = min(Double(limit.burst), tokens + (now - filledAt) / limit.refill)
            filledAt = now
        }
    }

    /// Objects beyond this number: those whose bucket is full are forgotten.
    private static let objectLimit = 2000

    private var agent = Bucket(tokens: Double(forAgent.burst), filledAt: .zero)
    private var objects: [EventNotice.Object: Bucket] = [:]

    /// Takes a token for an Event about an object; false when there is none.
    mutating func admits(_ object: EventNotice.Object, at now: Duration) -> Bool {
        var bucket = objects[object] ?? Bucket(tokens: Double(Self.forObject.burst), filledAt: now)
        bucket.fill(Self.forObject, at: now)
        agent.fill(Self.forAgent, at: now)
        guard bucket.tokens >= 1, agent.tokens >= 1 else { return false }
        bucket.tokens -= 1
        agent.tokens -= 1
        objects[object] = bucket
        if objects.count > Self.objectLimit { forget(at: now) }
        return true
    }

    private mutating func forget(at now: Duration) {
        objects = objects.filter { _, bucket in
            var bucket = bucket
            bucket.fill(Self.forObject, at: now)
            return bucket.tokens < Double(Self.forObject.burst)
        }
    }
}
