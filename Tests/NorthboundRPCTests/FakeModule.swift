import Bindings
import CosmoletTesting
import NetworkTypes
import Northbound
import Synchronization

@testable import NorthboundRPC

/// The module inside bgpd in memory, behind a real socket: keeps its contract and fails on command.
final class FakeModule: Sendable {
    /// What happens to the next Commit.
    enum Fault: Sendable {
        /// Applied, and no answer.
        case loseReply
        /// Neither applied nor answered; `executeHeld()` applies it later, as a bgpd would that had been stopped.
        case hold
        /// Answered as done, and not applied.
        case pretend
        /// Answered with this, whatever it is, and not applied.
        case answer(NorthboundReply)
        /// Refused with this.
        case refuse(NorthboundError)
    }

    struct State: Sendable {
        var instance = "run-1"
        var bgpInstances = [BGPInstance(vrf: "default", asNumber: 65001, hasImportCheck: false)]
        /// Value of the class leaf by path of the entry; foreign networks have another mark, or none.
        var networks: [String: String?] = [:]
        /// Leaves of route-maps, by path.
        var classLeaves: [String: String] = [:]
        /// Classes that an operator made: they can be used and not changed.
        var operatorClasses: Set<AttributeClass> = [.default, .manual]
        /// Classes whose route-map denies, so that BGP has no path.
        var denyingClasses: Set<AttributeClass> = []
        /// Prefixes that BGP has out of a routing table.
        var redistributed: Set<IPPrefix> = []
        /// It is of the time before modules told what BGP has.
        var isOld = false
        /// bgpd has not read its configuration yet.
        var isStarting = false
        var faults: [Fault] = []
        var isSilent = false
        /// Length of the body of a Get's answer; 0 for what it is.
        var oversize = 0
        var outcomes: [String: NorthboundError?] = [:]
        var held: [(id: String, message: NorthboundWire.CommitRequest)] = []
        var inHand = 0
    }

    /// What it is and has; may be changed by a test.
    let state = Mutex(State())
    /// Commits that came, as their edits' paths; to wait on.
    let commits = Observed<[[String]]>([])
    /// The most requests that were in hand at once.
    let mostInHand = Observed(0)
    private let socket: TransportHarness
    private let running = Mutex<(server: RequestServer, task: Task<Void, any Error>)?>(nil)

    init() throws { socket = try TransportHarness() }

    var path: String { socket.socketPath }

    /// Listens.
    func start() async throws {
        var configuration = RequestServerConfiguration(endpoint: socket.endpoint)
        configuration.frameByteLimit = 2 * Limits.messageByteCount
        configuration.requestByteLimit = 4 * Limits.messageByteCount
        let server = RequestServer(configuration: configuration, refusalReply: { _, _ in nil }) { [self] _, message in
            let inHand = state.withLock {
                $0.inHand += 1
                return $0.inHand
            }
            mostInHand.update { $0 = max($0, inHand) }
            defer { state.withLock { $0.inHand -= 1 } }
            return answer(message)
        }
        _ = try await server.start()
        let task = Task { try await server.run() }
        running.withLock { $0 = (server, task) }
    }

    /// bgpd ends.
    func stop() async throws {
        let current = running.withLock { running in
            defer { running = nil }
            return running
        }
        current?.server.stop()
        try await current?.task.value
    }

    /// What a stopped bgpd does first when it goes on.
    func executeHeld() {
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for (id, message) in held { _ = commit(id, message) }
    }

    /// Our networks.
    var networks: Set<Network> {
        get throws { try MessageCodec.networks(state.withLock { Self.ours($0.networks) }) }
    }

    /// Adds networks and classes behind everybody's back.
    func put(_ networks: [Network]) {
        state.withLock { state in
            for network in networks {
                state.networks[NetworkPath.entry(network.prefix)] = "COSMOLET-\(network.attributeClass)"
                state.classLeaves[Self.action(network.attributeClass)] = "permit"
            }
        }
    }

    static func action(_ name: AttributeClass) -> String {
        "/frr-route-map:lib/route-map[name='COSMOLET-\(name)']/entry[sequence='10']/action"
    }

    // MARK: - Answers

    private func answer(_ message: TransportMessage) -> [TransportMessage] {
        guard let header = try? MessageCodec.decodeRequestHeader(message.header) else { return [] }
        let reply: Result<NorthboundReply, NorthboundError>
        switch header.method {
        case let method where method != "Heartbeat" && state.withLock(\.isStarting):
            reply = .failure(NorthboundError(.unavailable, "bgpd has not read its configuration yet"))
        case "Heartbeat":
            if state.withLock(\.isSilent) { return [] }
            let instance = state.withLock(\.instance)
            reply = .success(.heartbeat(HeartbeatReply(sequence: 0, instance: instance, journalSequence: nil)))
        case "GetCapabilities": reply = .success(.capabilities(capabilities))
        case "Get":
            let oversize = state.withLock(\.oversize)
            if oversize > 0 {
                let header = MessageCodec.encode(ReplyHeader(requestID: header.requestID))
                return [TransportMessage(header: header, body: [UInt8](repeating: 0, count: oversize))]
            }
            reply = Result { () throws(NorthboundError) in try get(header, message.body) }
        case "Commit":
            guard let wire = try? NorthboundWire.CommitRequest(decoding: message.body, limits: Limits.message),
                let result = take(header.requestID, wire)
            else { return [] }
            reply = result
        default: reply = .failure(NorthboundError(.unimplemented, header.method))
        }
        do throws(NorthboundError) {
            return try MessageCodec.encode(try reply.get(), requestID: header.requestID).map(TransportMessage.init)
        } catch {
            return [TransportMessage(MessageCodec.encode(failure: error, requestID: header.requestID))]
        }
    }

    private var capabilities: ServiceCapabilities {
        ServiceCapabilities(
            apiVersion: "1.0", programVersion: "0.1",
            management: ManagementCapabilities(
                provider: "bgpd", dialect: "module", schema: "frr-bgp", releases: "10.3", canReadState: true),
            modules: [], policy: NorthboundPolicy(), limits: ServiceLimits(),
            instances: state.withLock(\.bgpInstances), generation: 1)
    }

    private static func ours(_ networks: [String: String?]) -> [PathValue] {
        networks.compactMap { path, value in
            guard let value, value.hasPrefix("COSMOLET-") else { return nil }
            return PathValue(path: path + "/rmap-policy-export", value: value)
        }
    }

    private func get(_ header: RequestHeader, _ body: [UInt8]) throws(NorthboundError) -> NorthboundReply {
        guard case .get(let request) = try MessageCodec.decodeRequest(header, body: body),
            let wire = try? NorthboundWire.GetRequest(decoding: body, limits: Limits.message)
        else { throw NorthboundError(.internal, "no Get") }
        if request.dataset == .state { return .values(try inUse(wire), generation: 1) }
        let values = state.withLock { state in
            Self.ours(state.networks) + state.classLeaves.map { PathValue(path: $0, value: $1) }
                + state.operatorClasses.map { PathValue(path: "/frr-route-map:lib/route-map[name='COSMOLET-\($0)']") }
        }
        return .values(values.filter { value in request.paths.contains { value.path.hasPrefix($0) } }, generation: 1)
    }

    /// What BGP has: by networks of ours, or out of a routing table.
    private func inUse(_ request: NorthboundWire.GetRequest) throws(NorthboundError) -> [PathValue] {
        let state = state.withLock { $0 }
        guard !state.isOld else {
            throw NorthboundError(.unimplemented, "GetRequest.dataset: there is no state inside bgpd, only config")
        }
        let ours = Self.ours(state.networks)
        guard request.redistributed == true else {
            let denying = state.denyingClasses.map { "COSMOLET-\($0)" }
            return state.bgpInstances[0].hasImportCheck ? [] : ours.filter { !denying.contains($0.value ?? "") }
        }
        let entries = state.redistributed.map(NetworkPath.entry)
        // Of those that are named, or of all networks of ours.
        let isNamed = request.paths.allSatisfy { $0.contains("[prefix='") }
        return entries.filter { entry in
            !isNamed
                ? ours.contains { $0.path.hasPrefix(entry + "/") } : request.paths.contains(entry)
        }.map { PathValue(path: $0) }
    }

    // MARK: - Commit

    private func take(
        _ id: String, _ message: NorthboundWire.CommitRequest
    ) -> Result<NorthboundReply, NorthboundError>? {
        commits.update { $0.append(message.edits.compactMap { $0.pathValue?.path }) }
        let fault = state.withLock { $0.faults.isEmpty ? nil : $0.faults.removeFirst() }
        switch fault {
        case nil: return commit(id, message)
        case .loseReply:
            _ = commit(id, message)
            return nil
        case .hold:
            state.withLock { $0.held.append((id, message)) }
            return nil
        case .pretend: return .success(.transaction(nil, generation: 2))
        case .answer(let reply): return .success(reply)
        case .refuse(let error): return .failure(error)
        }
    }

    /// Checked whole, then applied whole; a request id is executed once.
    private func commit(
        _ id: String, _ message: NorthboundWire.CommitRequest
    ) -> Result<NorthboundReply, NorthboundError> {
        state.withLock { state in
            if let outcome = state.outcomes[id] {
                return outcome.map { .failure($0) } ?? .success(.transaction(nil, generation: 2))
            }
            var after = state
            do throws(NorthboundError) {
                for edit in message.edits { try Self.apply(edit, to: &after) }
                after.outcomes[id] = .some(nil)
                state = after
                return .success(.transaction(nil, generation: 2))
            } catch {
                state.outcomes[id] = .some(error)
                return .failure(error)
            }
        }
    }

    private static func apply(_ edit: NorthboundWire.Edit, to state: inout State) throws(NorthboundError) {
        let path = edit.pathValue?.path ?? ""
        let value = edit.pathValue?.value
        func refused(_ reason: String) -> NorthboundError {
            NorthboundError(.failedPrecondition, "path \(path): \(reason)")
        }
        if let name = ClassRouteMap.attributeClass(of: path) {
            guard !state.operatorClasses.contains(name) else { throw refused("it can be used, not changed") }
            state.classLeaves[path] = value
            return
        }
        let entry = String(path.prefix(through: path.lastIndex(of: "]") ?? path.startIndex))
        let old = state.networks[entry]
        let isForeign = old.map { $0?.hasPrefix("COSMOLET-") != true } ?? false
        guard let value else {
            if !isForeign { state.networks[entry] = nil }
            return
        }
        guard !isForeign else { throw refused("is announced already, not by us") }
        guard let name = AttributeClass(rawValue: String(value.dropFirst("COSMOLET-".count))),
            state.operatorClasses.contains(name) || state.classLeaves[action(name)] != nil
        else { throw refused("there is no class") }
        state.networks[entry] = .some(value)
    }
}

extension CommitOutcome {
    /// Why it was not applied; nil when it was.
    var reason: ManagementErrorSummary? {
        switch self {
        case .applied: nil
        case .rejected(let why), .unknown(let why): why
        }
    }
}
