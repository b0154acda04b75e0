import CosmoletTesting
import FRRManagement
import Foundation
import KubeSim
import Logging
import NetworkTypes
import Northbound
import NorthboundRPC
import Synchronization
import Testing

/// A KubeSim, the lab's two nodes as Kubernetes nodes, an agent beside each FRR, and both routers' tables.
final class Cluster: Sendable {
    /// Which of the ways to FRR the agents take.
    enum Provider: Sendable {
        case mgmtd, bgpd
    }

    let lab: Lab
    /// Those that have the provider.
    let nodes: [LabDescription.Node]
    private let provider: Provider
    /// The API server; it can be stopped and replaced.
    let api: ServerHost
    let kubeconfig: String
    /// For the agents' journals.
    private let folder: URL
    let routers: [RouterTable]
    private let agents = Mutex<[String: ManagedProcess]>([:])
    /// The agents' configuration file.
    let configuration: String

    private init(
        _ provider: Provider, lab: Lab, api: ServerHost, folder: URL, configuration: String
    ) async throws {
        self.provider = provider
        self.lab = lab
        nodes = lab.description.nodes.filter { provider == .mgmtd || $0.northboundSocket != nil }
        self.api = api
        self.folder = folder
        kubeconfig = folder.appendingPathComponent("kubeconfig").path
        self.configuration = folder.appendingPathComponent("agent.yaml").path
        try configuration.write(toFile: self.configuration, atomically: true, encoding: .utf8)
        try Kubeconfig(serverURL: api.url).text.write(toFile: kubeconfig, atomically: true, encoding: .utf8)
        routers = try await lab.description.routers.async.map { try await RouterTable($0) }
        try registerNodes()
    }

    /// Runs a closure with a cluster, then stops the agents and withdraws all that is ours from the lab's nodes.
    ///
    /// - Parameter configuration: the agents' configuration file, what is a flag apart.
    static func with(
        _ provider: Provider = .mgmtd, agents: Bool = true, configuration: String = "",
        _ body: @Sendable (Cluster) async throws -> Void
    ) async throws {
        let lab = try provider == .mgmtd ? LabEnvironment.lab() : ModuleLabEnvironment.lab()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cosmolet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let api = try await ServerHost.start()
        do {
            let cluster = try await Cluster(
                provider, lab: lab, api: api, folder: folder, configuration: configuration)
            let result: Result<Void, any Error>
            do {
                if agents { try await cluster.startAgents() }
                try await body(cluster)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await cluster.stopAgents()
            try await cluster.withdrawEverything()
            for router in cluster.routers { await router.stop() }
            if case .failure = result { cluster.printLogs() }
            try result.get()
        } catch {
            await api.stop()
            throw error
        }
        await api.stop()
    }

    /// The API server that runs, or ran last.
    var server: KubeSimServer { api.current }

    /// What kubelets do.
    func registerNodes() throws {
        for node in nodes {
            _ = try server.store.create(.nodes, object: ["metadata": ["name": .string(node.name)]])
        }
    }

    // MARK: - Agents

    func agent(_ node: LabDescription.Node) throws -> ManagedProcess {
        try #require(agents.withLock { $0[node.name] })
    }

    func startAgents() async throws {
        for node in nodes { startAgent(node) }
        for node in nodes {
            _ = try await agent(node).line(containing: "own node are listed")
        }
    }

    /// Without the endpoint of a northbound process, the agent talks to FRR itself and keeps a journal, which the next one
    /// of this node goes on with.
    func startAgent(_ node: LabDescription.Node, northbound: String? = nil) {
        let journal = folder.appendingPathComponent("\(node.name)-journal.sqlite").path
        let process = ManagedProcess(
            name: "agent of \(node.name)", LabEnvironment.cosmolet,
            [
                "agent", "--config", configuration, "--node", node.name, "--kubeconfig", kubeconfig, "--northbound",
                northbound ?? way(to: node), "--http", "127.0.0.1:0", "--log-format", "json",
            ] + (northbound == nil ? ["--journal", journal] : []))
        agents.withLock { $0[node.name] = process }
    }

    private func way(to node: LabDescription.Node) -> String {
        switch provider {
        case .mgmtd: "mgmtd:\(node.managementSocket)"
        case .bgpd: "bgpd:\(node.northboundSocket ?? "")"
        }
    }

    func stopAgents() async {
        for process in agents.withLock({ Array($0.values) }) { await process.stop() }
    }

    private func printLogs() {
        for (name, process) in agents.withLock({ $0 }) {
            for line in process.lines.value.suffix(30) { print("\(name): \(line)") }
        }
    }

    /// Waits for the address of the agent's HTTP server.
    func httpAddress(_ node: LabDescription.Node) async throws -> String {
        let line = try await agent(node).line(containing: "serving metrics and probes")
        struct Entry: Decodable {
            struct Metadata: Decodable { var address: String }
            var metadata: Metadata
        }
        return try JSONDecoder().decode(Entry.self, from: Data(line.utf8)).metadata.address
    }

    // MARK: - Objects

    /// A LoadBalancer Service with these VIPs and one ready endpoint of each family on each of the nodes.
    func createService(
        _ name: String, vips: [String], policy: String = "Local", on nodes: [LabDescription.Node]? = nil
    ) throws {
        _ = try server.store.create(
            .services, namespace: "default",
            object: [
                "metadata": ["name": .string(name)],
                "spec": [
                    "type": "LoadBalancer", "externalTrafficPolicy": .string(policy), "ports": [["port": 80]],
                    "ipFamilyPolicy": "PreferDualStack", "selector": ["app": .string(name)],
                ],
            ])
        for family in ["IPv4", "IPv6"] { try createSlice(of: name, family: family, on: nodes ?? self.nodes) }
        try setVIPs(name, vips)
    }

    func setVIPs(_ name: String, _ vips: [String]) throws {
        _ = try server.store.patch(
            .services, namespace: "default", name: name, subresource: "status",
            patch: ["status": ["loadBalancer": ["ingress": .array(vips.map { ["ip": .string($0)] })]]])
    }

    /// Makes the endpoints on these nodes the only ready ones.
    func setReady(_ name: String, on ready: [LabDescription.Node]) throws {
        for family in ["IPv4", "IPv6"] {
            _ = try server.store.patch(
                .endpointSlices, namespace: "default", name: sliceName(name, family),
                patch: ["endpoints": endpoints(family, ready: ready, on: nodes)])
        }
    }

    func deleteService(_ name: String) throws {
        _ = try server.store.delete(.services, namespace: "default", name: name)
        for family in ["IPv4", "IPv6"] {
            _ = try server.store.delete(.endpointSlices, namespace: "default", name: sliceName(name, family))
        }
    }

    private func createSlice(of service: String, family: String, on nodes: [LabDescription.Node]) throws {
        _ = try server.store.create(
            .endpointSlices, namespace: "default",
            object: [
                "metadata": [
                    "name": .string(sliceName(service, family)),
                    "labels": ["kubernetes.io/service-name": .string(service)],
                ],
                "addressType": .string(family), "ports": [["port": 80]],
                "endpoints": endpoints(family, ready: nodes, on: nodes),
            ])
    }

    private func sliceName(_ service: String, _ family: String) -> String { "\(service)-\(family.lowercased())" }

    private func endpoints(
        _ family: String, ready: [LabDescription.Node], on nodes: [LabDescription.Node]
    ) -> JSONValue {
        .array(
            nodes.enumerated().map { index, node in
                [
                    "addresses": [.string(family == "IPv4" ? "10.244.\(index).5" : "fd00:244:\(index)::5")],
                    "nodeName": .string(node.name),
                    "conditions": ["ready": .bool(ready.contains { $0.name == node.name })],
                ]
            })
    }

    // MARK: - Routes

    /// Waits until both routers have exactly these nodes as next hops of a VIP.
    func expectNextHops(
        _ vip: String, _ nodes: [LabDescription.Node], timeout: Duration = .seconds(30)
    ) async throws {
        let isIPv6 = vip.contains(":")
        let nextHops = Set(nodes.map { isIPv6 ? $0.ipv6 : $0.ipv4 })
        for router in routers {
            try await router.wait(for: vip + (isIPv6 ? "/128" : "/32"), nextHops: nextHops, timeout: timeout)
        }
    }

    /// A session of the tests' own, as an operator's tool would have.
    func withSession<Value: Sendable>(
        _ node: LabDescription.Node, _ body: @Sendable (any ManagementSession) async throws -> Value
    ) async throws -> Value {
        let session: any ManagementSession =
            switch provider {
            case .mgmtd:
                MgmtdSession(
                    configuration: MgmtdConfiguration(socketPath: node.managementSocket),
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            case .bgpd:
                ModuleSession(configuration: ModuleConfiguration(socketPath: node.northboundSocket ?? ""))
            }
        _ = try await session.open()
        do {
            let value = try await body(session)
            await session.close()
            return value
        } catch {
            await session.close()
            throw error
        }
    }

    private func withdrawEverything() async throws {
        for node in nodes {
            try await withSession(node) { session in
                let edits = try await session.networks().sorted().map { NetworkEdit.remove($0.prefix) }
                guard !edits.isEmpty else { return }
                let result = await session.commit(Transaction(id: "cleanup", edits: edits))
                #expect(result.outcome == .applied)
            }
        }
        for router in routers {
            _ = try await router.snapshot.wait(for: "empty table of \(router.router.name)") { $0.routes.isEmpty }
        }
    }
}

extension Array where Element: Sendable {
    /// The elements one after the other, for a closure that waits.
    fileprivate var async: SequentialMap<Element> { SequentialMap(elements: self) }
}

private struct SequentialMap<Element: Sendable> {
    let elements: [Element]

    func map<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in elements { results.append(try await transform(element)) }
        return results
    }
}
