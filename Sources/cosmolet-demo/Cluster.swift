internal import CosmoletTesting
internal import Foundation
internal import Kubernetes
internal import Logging
internal import NetworkTypes

/// The API server, `kubesim serve`, and what the demo does to its objects.
struct Cluster: Sendable {
    /// The folder's namespace.
    static let namespace = "demo"
    /// The Service whose endpoints' readiness is toggled: one IPv4 endpoint on each node, in the lab's order.
    static let probe = "probe"

    /// A Service of the folder and what its annotations say of it.
    struct PlannedService: Sendable {
        /// Its name.
        var name: String
        /// `demo.cosmolet.io/addresses`: what a load balancer controller would have decided.
        var addresses: [IPAddress]
        /// `demo.cosmolet.io/expected-nodes`: the nodes that shall announce them.
        var nodes: Set<String>

        /// What is announced for the addresses.
        var prefixes: [IPPrefix] { addresses.map(IPPrefix.init(host:)) }
    }

    /// The kubeconfig, for agents and for people.
    let kubeconfig: String
    private let process: ManagedProcess
    private let client: KubernetesClient
    private let folder: String

    /// Starts the API server on a free port of 127.0.0.1.
    ///
    /// - Parameter onStart: called with the process before anything can fail.
    static func start(
        program: String, folder: String, environment: [String: String], onStart: (ManagedProcess) -> Void
    ) async throws -> Cluster {
        let kubeconfig = folder + "/kubeconfig"
        let process = ManagedProcess(
            name: "kubesim", program, ["serve", "--port", "0", "--kubeconfig-out", kubeconfig],
            environment: environment)
        onStart(process)
        _ = try await process.line(containing: "http://")
        let client = try KubernetesClient(
            configuration: .discover(kubeconfig: kubeconfig, environment: [:]), logger: Logger(label: "demo"))
        return Cluster(kubeconfig: kubeconfig, process: process, client: client, folder: folder)
    }

    /// Ends requests and server.
    func stop() async {
        await client.shutdown()
        await process.stop(within: .seconds(3))
    }

    /// Applies every manifest of a folder, in the order of the file names, with kubectl where there is one.
    ///
    /// - Returns: `kubectl` or `HTTP`.
    func apply(manifests: String) async throws -> String {
        do {
            try await Command.run("kubectl", ["version", "--client"])
        } catch {
            for manifest in try Manifest.all(in: manifests) {
                _ = try await client.request(manifest.request)
            }
            return "HTTP"
        }
        try await Command.run(
            "kubectl",
            ["--kubeconfig", kubeconfig, "--cache-dir", folder + "/kubectl", "apply", "--filename", manifests])
        return "kubectl"
    }

    /// The Services that shall have addresses, by name.
    func plannedServices() async throws -> [PlannedService] {
        let page = try await client.list(
            Service.self, query: ListQuery(scope: ResourceScope(namespace: Self.namespace)))
        return try page.items.compactMap { service in
            let annotations = service.metadata.annotations
            let nodes = annotations["demo.cosmolet.io/expected-nodes"] ?? ""
            guard let addresses = annotations["demo.cosmolet.io/addresses"] else { return nil }
            return PlannedService(
                name: service.metadata.name, addresses: try addresses.split(separator: ",").map { try IPAddress($0) },
                nodes: Set(nodes.split(separator: ",").map(String.init)))
        }.sorted { $0.name < $1.name }
    }

    /// Writes a Service's addresses into its status, as a load balancer controller does.
    func assignAddresses(_ service: PlannedService) async throws {
        let ingress = service.addresses.map { "{\"ip\":\"\($0)\"}" }.joined(separator: ",")
        try await patch(
            Service.path.url(namespace: Self.namespace, name: service.name) + "/status", kind: "merge-patch",
            "{\"status\":{\"loadBalancer\":{\"ingress\":[\(ingress)]}}}")
    }

    /// Changes a slice by JSON patch (RFC 6902), one request.
    func patchSlice(_ name: String, _ operations: String) async throws {
        try await patch(
            EndpointSlice.path.url(namespace: Self.namespace, name: name), kind: "json-patch", "[\(operations)]")
    }

    /// Makes the endpoint of `probe` on one node, by the node's place in the lab, ready or not.
    func setProbeReady(node index: Int, _ isReady: Bool) async throws {
        try await patchSlice(
            "\(Self.probe)-ipv4",
            #"{"op":"replace","path":"/endpoints/\#(index)/conditions/ready","value":\#(isReady)}"#)
    }

    private func patch(_ path: String, kind: String, _ body: String) async throws {
        _ = try await client.request(
            APIRequest(method: "PATCH", path: path, body: Array(body.utf8), contentType: "application/\(kind)+json"))
    }
}

/// One YAML document of the demo's own manifests, for a machine without kubectl.
///
/// Only what a request needs is read of it, by line: `kind`, and `name` and `namespace` of the metadata, in block style
/// with two spaces. The server reads the YAML itself.
struct Manifest {
    /// Server-side apply of the document.
    let request: APIRequest

    /// The documents of all `.yaml` files of a folder, in the order of the file names.
    static func all(in folder: String) throws -> [Manifest] {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        return try files.sorted().flatMap { file in
            try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
                .components(separatedBy: "\n---\n").map { try Manifest($0, file: file) }
        }
    }

    private init(_ document: String, file: String) throws {
        func value(_ key: String) -> String? {
            document.split(separator: "\n").first { $0.hasPrefix(key) }.map { String($0.dropFirst(key.count)) }
        }
        let paths = [
            "Namespace": ResourcePath(version: "v1", plural: "namespaces", isNamespaced: false), "Node": Node.path,
            "Service": Service.path, "EndpointSlice": EndpointSlice.path,
        ]
        guard let kind = value("kind: "), let path = paths[kind], let name = value("  name: ") else {
            throw DemoError("\(file): a document without a kind that the demo knows, or without a name")
        }
        request = APIRequest(
            method: "PATCH", path: path.url(namespace: value("  namespace: "), name: name),
            query: [("fieldManager", "cosmolet-demo"), ("force", "true")], body: Array(document.utf8),
            contentType: "application/apply-patch+yaml")
    }
}
