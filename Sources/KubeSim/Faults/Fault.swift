/// One disturbance to order from the server.
public struct Fault: Sendable, Equatable {
    /// What happens.
    public enum Effect: Sendable, Equatable {
        /// Requests are answered with this status and a matching Status object instead of being served.
        case respond(status: Int, retryAfterSeconds: Int? = nil)
        /// Requests are served this much later.
        case delay(Duration)
        /// Requests are not answered: the connection is reset.
        case cut
        /// Half of the answer is sent, then the connection closed; of a watch the first events and then half a line.
        case truncate
        /// Requests get no answer, and watches no events, until the faults are cleared.
        case stall
        /// Running watches lose their connection by a TCP reset.
        case dropWatches
        /// Running watches end cleanly, as at their time-out.
        case endWatches
        /// Running watches get half a line and then lose their connection.
        case truncateWatches
        /// Running watches stay open but are told nothing until they are resumed.
        case stallWatches
        /// Stalled watches are told what they missed, or end if that was too much.
        case resumeWatches
        /// Every resourceVersion handed out so far expires, as by a compaction.
        case expireHistory
    }

    /// What happens.
    public var effect: Effect
    /// Plural, singular or short name of the resource; nil for all, and for requests outside of the resources too.
    public var resource: String?
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`; nil for all.
    public var verb: String?
    /// How many requests, or how many running watches (oldest first), are hit; nil for no limit.
    public var count: Int?

    /// Orders an effect on the next `count` requests, or on up to `count` running watches, that match.
    public init(_ effect: Effect, resource: String? = nil, verb: String? = nil, count: Int? = nil) {
        self.effect = effect
        self.resource = resource
        self.verb = verb
        self.count = count
    }

    /// Whether it acts at once, on what is running, instead of waiting for requests.
    public var isImmediate: Bool {
        switch effect {
        case .dropWatches, .endWatches, .truncateWatches, .stallWatches, .resumeWatches, .expireHistory: true
        case .respond, .delay, .cut, .truncate, .stall: false
        }
    }
}

/// A fault that waits for requests, and what is left of it.
public struct PendingFault: Sendable, Equatable {
    /// Number by which to remove it.
    public let id: UInt64
    /// What was ordered.
    public let fault: Fault
    /// How many more requests it hits; nil for no limit.
    public internal(set) var remaining: Int?
}

// MARK: - JSON form

extension Fault {
    /// Reads the JSON form, for instance `{"effect":"respond","status":503,"count":2,"verb":"list"}`.
    ///
    /// - Throws: 400 naming the member that is wrong.
    init(json: JSONValue) throws(APIStatus) {
        guard let members = json.object else { throw .badRequest("a fault must be a JSON object") }
        let known = Self.members
        if let unknown = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw .badRequest("fault has an unknown member \"\(unknown)\"; known are \(known.sorted())")
        }
        guard let name = members["effect"]?.string else { throw .badRequest("fault without an effect") }
        switch name {
        case "respond":
            guard let status = members["status"]?.integer, (400...599).contains(status) else {
                throw .badRequest("effect \"respond\" needs a status from 400 to 599")
            }
            effect = .respond(
                status: Int(status), retryAfterSeconds: members["retryAfterSeconds"]?.integer.map(Int.init))
        case "delay":
            guard let milliseconds = members["milliseconds"]?.integer, (0...3_600_000).contains(milliseconds) else {
                throw .badRequest("effect \"delay\" needs milliseconds from 0 to 3600000")
            }
            effect = .delay(.milliseconds(milliseconds))
        default:
            guard let simple = Self.simpleEffects[name] else {
                let names = (Self.simpleEffects.keys + ["respond", "delay"]).sorted().joined(separator: ", ")
                throw .badRequest("unknown effect \"\(name)\"; known are \(names)")
            }
            effect = simple
        }
        resource = try Self.text(members["resource"], "resource")
        verb = try Self.text(members["verb"], "verb")
        if let resource, !ResourceType.all.contains(where: { $0.isNamed(resource) }) {
            throw .badRequest("unknown resource \"\(resource)\"")
        }
        if let verb, APIRequest.Verb(rawValue: verb) == nil { throw .badRequest("unknown verb \"\(verb)\"") }
        if let value = members["count"] {
            guard let number = value.integer, number > 0, number <= Int32.max else {
                throw .badRequest("count must be a positive number")
            }
            count = Int(number)
        }
    }

    /// The JSON form.
    var json: JSONValue {
        var value: JSONValue = [:]
        switch effect {
        case .respond(let status, let retryAfterSeconds):
            value = ["effect": "respond", "status": .integer(Int64(status))]
            if let retryAfterSeconds { value["retryAfterSeconds"] = .integer(Int64(retryAfterSeconds)) }
        case .delay(let duration):
            value = ["effect": "delay", "milliseconds": .integer(Int64(duration / .milliseconds(1)))]
        default:
            value["effect"] = Self.simpleEffects.first { $0.value == effect }.map { .string($0.key) }
        }
        value["resource"] = resource.map(JSONValue.string)
        value["verb"] = verb.map(JSONValue.string)
        value["count"] = count.map { .integer(Int64($0)) }
        return value
    }

    /// The members of the JSON form.
    static let members: Set<String> = [
        "effect", "status", "retryAfterSeconds", "milliseconds", "resource", "verb", "count",
    ]

    private static let simpleEffects: [String: Effect] = [
        "cut": .cut, "truncate": .truncate, "stall": .stall, "dropWatches": .dropWatches, "endWatches": .endWatches,
        "truncateWatches": .truncateWatches, "stallWatches": .stallWatches, "resumeWatches": .resumeWatches,
        "expireHistory": .expireHistory,
    ]

    private static func text(_ value: JSONValue?, _ name: String) throws(APIStatus) -> String? {
        guard let value, !value.isNull else { return nil }
        guard let text = value.string else { throw .badRequest("\(name) must be a string") }
        return text
    }
}
