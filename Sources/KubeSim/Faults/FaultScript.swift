/// Faults and other mishaps at set times, for instance `[{at: 10, effect: dropWatches}, {at: 20, effect: clear}]`.
public struct FaultScript: Sendable, Equatable {
    /// What a step does.
    public enum Action: Sendable, Equatable {
        /// Orders a fault.
        case fault(Fault)
        /// Removes all faults that wait, and resumes what is stalled.
        case clear
        /// Empties the store and ends all watches, and counts from this resourceVersion; nil: goes on counting.
        case reset(resourceVersion: Int64?)
    }

    /// One step.
    public struct Step: Sendable, Equatable {
        /// Since the script began.
        public var at: Duration
        /// What happens then.
        public var action: Action

        /// Makes a step.
        public init(at: Duration, _ action: Action) {
            self.at = at
            self.action = action
        }
    }

    /// In order of time.
    public var steps: [Step]

    /// Makes a script; without steps it only ends another one.
    public init(_ steps: [Step] = []) { self.steps = steps }

    /// Reads a list of steps in YAML or JSON. A step is a fault as `POST /kubesim/faults` takes it, or one of the effects
    /// `clear` and `reset` (`resourceVersion`), with `at` in seconds. Times may not go back.
    ///
    /// - Throws: 400 naming the step and what is wrong with it.
    public init(text: String) throws(APIStatus) {
        guard let list = try Self.document(text).array else { throw .badRequest("a script must be a list of steps") }
        steps = []
        for (index, json) in list.enumerated() {
            do throws(APIStatus) {
                let step = try Step(json: json)
                if let last = steps.last, step.at < last.at {
                    throw APIStatus.badRequest("at goes back, from \(last.at) to \(step.at)")
                }
                steps.append(step)
            } catch {
                throw .badRequest("step \(index + 1): \(error.message)")
            }
        }
    }

    private static func document(_ text: String) throws(APIStatus) -> JSONValue {
        if let json = try? JSONValue(parsing: text) { return json }
        let documents: [JSONValue]
        do throws(YAMLError) { documents = try YAMLReader.documents(text) } catch {
            throw .badRequest("the script is neither JSON nor YAML: \(error)")
        }
        guard documents.count == 1 else {
            throw .badRequest("a script must be one document, not \(documents.count)")
        }
        return documents[0]
    }
}

extension FaultScript.Step {
    fileprivate init(json: JSONValue) throws(APIStatus) {
        guard var members = json.object else { throw .badRequest("is not an object") }
        let seconds: Double
        switch members.removeValue(forKey: "at") {
        case .integer(let value)?: seconds = Double(value)
        case .number(let value)?: seconds = value
        default: throw .badRequest("needs at, the number of seconds since the script began")
        }
        guard (0...604_800).contains(seconds) else {
            throw .badRequest("at is \(seconds), but 0 to 604800 seconds are possible")
        }
        at = .milliseconds(Int64((seconds * 1000).rounded()))
        action = try Self.action(members)
    }

    private static func action(_ members: [String: JSONValue]) throws(APIStatus) -> FaultScript.Action {
        let effect = members["effect"]?.string
        guard effect == "clear" || effect == "reset" else { return .fault(try Fault(json: .object(members))) }
        let known: Set = effect == "reset" ? ["effect", "resourceVersion"] : ["effect"]
        if let unknown = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw .badRequest("\(effect ?? "") has an unknown member \"\(unknown)\"; known are \(known.sorted())")
        }
        guard effect == "reset" else { return .clear }
        guard let value = members["resourceVersion"] else { return .reset(resourceVersion: nil) }
        guard let version = value.integer, version >= 0 else {
            throw .badRequest("resourceVersion must be a number that is not negative")
        }
        return .reset(resourceVersion: version)
    }
}
