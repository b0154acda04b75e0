import CosmoletTesting
import FRRManagement
import Foundation
import Logging
import NetworkTypes
import Northbound
import NorthboundRPC
import Synchronization
import Testing

/// One node of the lab, the northbound processes and clients that a test starts beside its FRR, and a session of the
/// test's own that looks at FRR past them.
final class NorthboundNode: Sendable {
    /// Which of the ways to FRR a test is about.
    enum Provider: Sendable {
        case mgmtd, bgpd
    }

    let node: LabDescription.Node
    let folder: String
    /// Stays open: on FRR up to 10.3 the end of a connection would clean up what others left in the candidate. It looks for
    /// orphans when it opens only, so that it does nothing but read.
    let observer: any ManagementSession
    private let provider: Provider
    private let processes = Mutex<[NorthboundProcess]>([])
    private let clients = Mutex<[NorthboundClient]>([])

    private init(_ node: LabDescription.Node, _ provider: Provider, folder: String) async throws {
        self.node = node
        self.provider = provider
        self.folder = folder
        switch provider {
        case .mgmtd:
            observer = MgmtdSession(
                configuration: MgmtdConfiguration(socketPath: node.managementSocket, settleDeadline: .zero),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        case .bgpd:
            observer = ModuleSession(configuration: ModuleConfiguration(socketPath: node.northboundSocket ?? ""))
        }
        _ = try await observer.open()
    }

    /// Runs a closure for each of the first nodes that have the provider, all at once. Then ends what was started and withdraws all that is ours,
    /// and returns when the routers have seen it.
    static func each(
        _ provider: Provider = .mgmtd, first count: Int = 2,
        _ body: @escaping @Sendable (NorthboundNode) async throws -> Void
    ) async throws {
        let lab = try provider == .mgmtd ? LabEnvironment.lab() : ModuleLabEnvironment.lab()
        let nodes = lab.description.nodes.filter { ($0.northboundSocket != nil) == (provider == .bgpd) }
        let releases = Set(nodes.map { LabRelease.of($0.frrVersion) })
        try #require(nodes.count == 2 && releases == Set(LabRelease.all), "the lab has \(provider) of \(releases)")
        let folder = "/tmp/nb-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in nodes.prefix(count) {
                group.addTask {
                    let its = "\(folder)/\(node.name)"
                    try FileManager.default.createDirectory(
                        atPath: its, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
                    let one = try await NorthboundNode(node, provider, folder: its)
                    let result: Result<Void, any Error>
                    do { result = .success(try await body(one)) } catch { result = .failure(error) }
                    try await one.end(hasFailed: (try? result.get()) == nil)
                    try result.get()
                }
            }
            try await group.waitForAll()
        }
        for router in lab.description.routers {
            let table = try await RouterTable(router)
            _ = try await table.snapshot.wait(for: "empty table of \(router.name)") { $0.routes.isEmpty }
            await table.stop()
        }
    }

    /// `FRR 10.3.1`, for messages.
    var release: String { provider == .mgmtd ? "FRR \(node.frrVersion)" : "module of FRR \(node.frrVersion)" }

    /// Starts a northbound; one after the other may be started on the same journal.
    func start(
        through socket: String? = nil, listen: String? = nil, options: [String] = []
    ) async throws -> NorthboundProcess {
        var options = options
        if provider == .bgpd { options += ["--provider", "bgpd:\(node.northboundSocket ?? "")"] }
        let northbound = try await NorthboundProcess.start(
            .init(
                program: LabEnvironment.cosmolet, name: node.name, folder: folder,
                managementSocket: socket ?? node.managementSocket, listen: listen, options: options))
        processes.withLock { $0.append(northbound) }
        return northbound
    }

    /// A client that is connecting.
    func client(
        of northbound: NorthboundProcess, name: String, security: ClientSecurity = .filePermissions,
        deadline: Duration = .seconds(10)
    ) async throws -> NorthboundClient {
        let client = NorthboundClient(
            configuration: RequestClientConfiguration(
                endpoint: try TransportEndpoint(parsing: northbound.endpoint), security: security),
            client: name, deadline: deadline)
        try await client.start()
        clients.withLock { $0.append(client) }
        return client
    }

    /// What FRR runs, past the northbound.
    func running() async throws -> Set<Network> { try await observer.networks() }

    /// Runs `cosmolet` and returns what it prints.
    func cosmolet(_ arguments: String...) async throws -> String {
        try await Command.run(LabEnvironment.cosmolet, arguments)
    }

    /// The networks that a command prints.
    func networks(_ arguments: String...) async throws -> Set<Network> {
        struct Row: Decodable {
            var prefix: IPPrefix
            var `class`: AttributeClass
        }
        let text = try await Command.run(LabEnvironment.cosmolet, arguments + ["--output", "json"])
        let rows = try JSONDecoder().decode([Row].self, from: Data(text.utf8))
        return Set(rows.map { Network(prefix: $0.prefix, attributeClass: $0.class) })
    }

    private func end(hasFailed: Bool) async throws {
        for client in clients.withLock({ $0 }) { await client.close() }
        for northbound in processes.withLock({ $0 }) {
            await northbound.process.stop()
            guard hasFailed else { continue }
            for line in northbound.process.lines.value.suffix(15) { print("\(northbound.process.name): \(line)") }
        }
        let edits = try await running().sorted().map { NetworkEdit.remove($0.prefix) }
        if !edits.isEmpty {
            let result = await observer.commit(Transaction(id: "cleanup", edits: edits))
            #expect(result.outcome == .applied)
        }
        await observer.close()
    }
}

/// Prefixes and edits in short.
enum Sample {
    /// `198.51.100.n/32` for the first 250, then `198.51.101.n/32` and so on.
    static func ipv4(_ number: Int) -> IPPrefix {
        IPPrefix(host: IPAddress("198.51.\(100 + number / 250).\(1 + number % 250)")!)
    }

    /// `2001:db8:51::n/128`.
    static func ipv6(_ number: Int) -> IPPrefix {
        IPPrefix(host: IPAddress("2001:db8:51::" + String(number + 1, radix: 16))!)
    }

    static func set(_ prefix: IPPrefix, _ attributeClass: AttributeClass = .default) -> NetworkEdit {
        .set(Network(prefix: prefix, attributeClass: attributeClass))
    }
}

extension CommitRequest {
    /// A request with its client left to the caller's connection.
    init(_ requestID: String, _ edits: [NetworkEdit], confirmTimeout: Duration? = nil) {
        self.init(requestID: requestID, client: "", edits: edits, cause: [requestID], confirmTimeout: confirmTimeout)
    }
}

extension NorthboundAPI {
    /// Commits, and tells a failure as a value.
    func outcome(of request: CommitRequest) async -> Result<TransactionRecord, NorthboundError> {
        do throws(NorthboundError) { return .success(try await commit(request)) } catch { return .failure(error) }
    }
}
