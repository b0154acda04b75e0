internal import CosmoletTesting
internal import FRRManagement
internal import Foundation
internal import Logging
internal import NetworkTypes
internal import Northbound
internal import NorthboundRPC

/// Measurements that belong together, and the targets for them. A new one goes into `BenchCommand.suites`.
protocol BenchSuite: Sendable {
    /// What the command line calls it.
    var name: String { get }
    /// One line for people.
    var purpose: String { get }
    /// Whether it wants nodes with the module in bgpd.
    var needsModule: Bool { get }
    /// Measures, and leaves the lab as it was.
    func run(_ bench: Bench) async throws -> [Measurement]
}

extension BenchSuite {
    var needsModule: Bool { false }
}

/// What the suites work with: a lab of their own, and how much is to be measured.
struct Bench: Sendable {
    /// The lab.
    var lab: LabDescription
    /// The `cosmolet` program.
    var program: String
    /// The `kubesim` program.
    var kubesim: String
    /// For sockets and journals.
    var folder: String
    /// Samples of each measurement.
    var samples: Int
    /// Numbers of VIPs, for suites that grow.
    var sizes: [Int]
    /// Number of Services in the large cluster.
    var services: Int

    /// The nodes without the module, one for each FRR release.
    var nodes: [LabDescription.Node] { lab.nodes.filter { $0.northboundSocket == nil } }
    /// The nodes with the module, likewise.
    var moduleNodes: [LabDescription.Node] { lab.nodes.filter { $0.northboundSocket != nil } }

    /// Runs a closure with a session of its own with a node's mgmtd; afterwards nothing of ours is left there.
    func withSession<Value: Sendable>(
        _ node: LabDescription.Node, _ body: (MgmtdSession) async throws -> Value
    ) async throws -> Value {
        let session = MgmtdSession(
            configuration: MgmtdConfiguration(socketPath: node.managementSocket),
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        return try await use(session) { try await body(session) }
    }

    /// The same with the module in a node's bgpd.
    func withModule<Value: Sendable>(
        _ node: LabDescription.Node, _ body: (ModuleSession) async throws -> Value
    ) async throws -> Value {
        guard let socket = node.northboundSocket else { throw BenchError("\(node.name) has no module") }
        let session = ModuleSession(configuration: ModuleConfiguration(socketPath: socket))
        return try await use(session) { try await body(session) }
    }

    private func use<Value: Sendable>(
        _ session: any ManagementSession, _ body: () async throws -> Value
    ) async throws -> Value {
        _ = try await session.open()
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        let leftovers = try await session.networks().map { NetworkEdit.remove($0.prefix) }
        if !leftovers.isEmpty { try await Self.commit(leftovers, session) }
        await session.close()
        return try result.get()
    }

    /// Waits until both routers have so many of our VIPs, and with that have nothing more to do.
    func waitUntilRouters(have count: Int) async throws {
        for router in lab.routers {
            try await eventually("\(router.name) has \(count) VIPs") {
                try await Lab.kernelRoutes(inNamespace: router.namespace).count { Self.isVIP($0.key) } == count
            }
        }
    }

    private static func isVIP(_ prefix: String) -> Bool {
        prefix.hasPrefix("198.51.") || prefix.hasPrefix("2001:db8:51:")
    }

    /// Runs a closure with a northbound beside a node's FRR, with a new journal, and a client of it.
    func withNorthbound<Value: Sendable>(
        _ node: LabDescription.Node, _ body: (NorthboundProcess, NorthboundClient) async throws -> Value
    ) async throws -> Value {
        let its = "\(folder)/\(node.name)-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: its, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        let northbound = try await NorthboundProcess.start(
            .init(program: program, name: node.name, folder: its, managementSocket: node.managementSocket))
        let client = NorthboundClient(
            configuration: RequestClientConfiguration(endpoint: try TransportEndpoint(parsing: northbound.endpoint)),
            client: "bench")
        let result: Result<Value, any Error>
        do {
            try await client.start()
            try await client.waitUntilServing()
            result = .success(try await body(northbound, client))
        } catch { result = .failure(error) }
        await client.close()
        await northbound.process.stop()
        try FileManager.default.removeItem(atPath: its)
        return try result.get()
    }

    /// Commits, and fails unless it was applied.
    @discardableResult
    static func commit(_ edits: [NetworkEdit], _ session: any ManagementSession) async throws -> CommitResult {
        let result = await session.commit(Transaction(id: UUID().uuidString, edits: edits))
        guard result.outcome == .applied else { throw BenchError("a commit was \(result.outcome)") }
        return result
    }

    /// VIP number `index`, of both families in turn.
    static func vip(_ index: Int) -> IPPrefix {
        let isIPv4 = index % 2 == 0
        let bits: UInt128 = isIPv4 ? 0xC633_6400 : 0x2001_0db8_0051_0000_0000_0000_0000_0000
        return IPPrefix(
            host: IPAddress(family: isIPv4 ? .ipv4 : .ipv6, bits: bits + UInt128(index / 2)))
    }

    /// How long something takes.
    static func time(_ body: () async throws -> Void) async throws -> Duration {
        let start = ContinuousClock.now
        try await body()
        return start.duration(to: .now)
    }
}

/// Why a suite could not measure.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
