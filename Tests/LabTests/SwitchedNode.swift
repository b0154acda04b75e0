import CosmoletTesting
import FRRManagement
import Foundation
import Logging
import NetworkTypes
import Northbound
import NorthboundRPC
import Testing

/// A node with both providers, a northbound that is restarted with one after the other, and sessions of the test's own
/// with both that look past it.
struct SwitchedNode: Sendable {
    let node: LabDescription.Node
    let client: NorthboundClient
    /// VIPs that shall stay, whatever happens.
    let lasting: [IPPrefix]
    /// VIPs that come and go.
    let fleeting: [IPPrefix]
    /// Changes that were made; to wait on.
    let changes = Observed(0)
    private let folder: String
    private let module: String
    private let observers: [String: any ManagementSession]

    /// - Parameter number: tells the VIPs of nodes apart.
    init(_ node: LabDescription.Node, number: Int) async throws {
        self.node = node
        module = try #require(node.northboundSocket)
        folder = "/tmp/switch-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        lasting = (1...100).flatMap { index in
            [
                IPPrefix(host: IPAddress("198.51.\(100 + number).\(index)")!),
                IPPrefix(host: IPAddress("2001:db8:51:\(number)::\(String(index, radix: 16))")!),
            ]
        }
        fleeting = (1...20).map { IPPrefix(host: IPAddress("198.51.\(110 + number).\($0)")!) }
        client = NorthboundClient(
            configuration: RequestClientConfiguration(
                endpoint: try TransportEndpoint(parsing: "zmq+ipc://\(folder)/northbound.sock")),
            client: "switch", deadline: .seconds(2), commitDeadline: .seconds(30))
        try await client.start()
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        observers = [
            "mgmtd": MgmtdSession(
                configuration: MgmtdConfiguration(socketPath: node.managementSocket, settleDeadline: .zero),
                logger: quiet),
            "bgpd": ModuleSession(configuration: ModuleConfiguration(socketPath: module)),
        ]
        for observer in observers.values { _ = try await observer.open() }
    }

    /// Starts the northbound with one provider, or with `auto`, which looks for the module behind `showModule`'s link. The
    /// journal and the sockets are those of the one before.
    func start(_ provider: String) async throws -> NorthboundProcess {
        let sockets = ["bgpd": module, "auto": "\(node.managementSocket),\(moduleLink)"]
        return try await NorthboundProcess.start(
            .init(
                program: LabEnvironment.cosmolet, name: node.name, folder: folder,
                managementSocket: node.managementSocket,
                options: ["--provider", "\(provider):\(sockets[provider] ?? node.managementSocket)"]))
    }

    private var moduleLink: String { folder + "/module.sock" }

    /// From now on a northbound with `auto` finds somebody listening at the module's socket.
    func showModule() throws {
        try FileManager.default.createSymbolicLink(atPath: moduleLink, withDestinationPath: module)
    }

    /// What a provider announces, past the northbound.
    func networks(of provider: String) async throws -> Set<Network> {
        let observer = try #require(observers[provider])
        // bgpd may have been restarted.
        _ = try await observer.open()
        return try await observer.networks()
    }

    /// Changes VIPs, each change as often as it takes, until it is told to stop.
    ///
    /// - Returns: what shall be announced then.
    func churn(until isDone: Observed<Bool>, from start: Set<Network>) async throws -> Set<Network> {
        var networks = start
        while !isDone.value {
            let count = changes.value + 1
            let fleeting = fleeting[count % fleeting.count]
            let changing = Network(
                prefix: lasting[count % 5], attributeClass: count % 10 < 5 ? .drain : .default)
            let edits: [NetworkEdit] = [
                count / self.fleeting.count % 2 == 0 ? .set(Network(prefix: fleeting)) : .remove(fleeting),
                .set(changing),
            ]
            try await commit("churn-\(count)", edits)
            networks.apply(edits)
            changes.update { $0 = count }
        }
        return networks
    }

    /// Commits, and asks again while the northbound is away: under the same id where the first request may be under way,
    /// under another one where its outcome is that it was not sent.
    func commit(_ id: String, _ edits: [NetworkEdit]) async throws {
        var attempt = 1
        try await eventually("the answer to \(id)") {
            switch await client.outcome(of: CommitRequest("\(id)-\(attempt)", edits)) {
            case .success: return true
            case .failure(let error):
                guard [.unavailable, .unknown, .deadlineExceeded].contains(error.code) else { throw error }
                if error.code == .unavailable { attempt += 1 }
                return false
            }
        }
    }

    /// Withdraws all, by both providers, and ends what was made here. The next test watches the same prefixes leave, so
    /// the routers have lost them when this returns.
    func end(_ lab: Lab) async throws {
        await client.close()
        for observer in observers.values {
            _ = try await observer.open()
            let edits = try await observer.networks().sorted().map { NetworkEdit.remove($0.prefix) }
            if !edits.isEmpty {
                #expect(await observer.commit(Transaction(id: "cleanup", edits: edits)).outcome == .applied)
            }
            await observer.close()
        }
        try? FileManager.default.removeItem(atPath: folder)
        for router in lab.description.routers {
            let table = try await RouterTable(router)
            for prefix in lasting + fleeting { try await table.wait(for: "\(prefix)", nextHops: []) }
            await table.stop()
        }
    }
}
