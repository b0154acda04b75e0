import Foundation
import KubeSim
import Subprocess
import Testing

/// Runs the real kubectl against the server.
@Suite(
    .enabled(if: Tools.hasKubectl, "kubectl is not in PATH: nothing here can be tested against the real client"),
    .timeLimit(.minutes(2))) struct KubectlTests
{
    private static let manifest: JSONValue = [
        "apiVersion": "v1", "kind": "List",
        "items": [
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "shop"]],
            [
                "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web", "namespace": "shop"],
                "spec": [
                    "type": "LoadBalancer", "selector": ["app": "web"],
                    "ports": [["name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"]],
                ],
            ],
        ],
    ]

    @Test func applyIsIdempotentAndListsAreTables() async throws {
        try await withKubectl { kubectl in
            let file = try kubectl.write("m.json", Self.manifest.text)
            #expect(try await kubectl.run("apply", "-f", file).contains("service/web created"))
            #expect(try await kubectl.run("apply", "-f", file).contains("service/web unchanged"))
            var changed = Self.manifest
            var items = changed["items"]?.array ?? []
            items[1].set(["spec", "selector"], to: ["app": "other"])
            changed["items"] = .array(items)
            let second = try kubectl.write("m2.json", changed.text)
            #expect(try await kubectl.run("apply", "-f", second).contains("service/web configured"))
            let table = try await kubectl.run("get", "svc", "-n", "shop", "-o", "wide")
            #expect(table.contains("CLUSTER-IP"))
            #expect(table.contains("<pending>"))
            #expect(table.contains("app=other"))
            #expect(try await kubectl.run("get", "svc", "-A", "-o", "json").contains("\"clusterIPs\""))
            #expect(try await kubectl.run("apply", "--server-side", "-f", file).contains("serverside-applied"))
            #expect(try await kubectl.run("describe", "svc", "web", "-n", "shop").contains("app=web"))
            #expect(try await kubectl.run("delete", "svc", "web", "-n", "shop").contains("service \"web\" deleted"))
            #expect(try await kubectl.run("delete", "namespace", "shop").contains("\"shop\" deleted"))
        }
    }

    @Test func statusPatchSatisfiesWait() async throws {
        try await withKubectl { kubectl in
            _ = try await kubectl.run("create", "namespace", "shop")
            _ = try await kubectl.run("create", "service", "loadbalancer", "web", "--tcp=80:8080", "-n", "shop")
            let patch = #"{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}"#
            async let waited = kubectl.run(
                "wait", "svc/web", "-n", "shop", "--for=jsonpath={.status.loadBalancer.ingress[0].ip}=192.0.2.1",
                "--timeout=30s")
            _ = try await kubectl.run(
                "patch", "svc", "web", "-n", "shop", "--subresource=status", "--type=merge", "-p", patch)
            #expect(try await waited.contains("condition met"))
            #expect(try await kubectl.run("get", "svc", "-n", "shop").contains("192.0.2.1"))
        }
    }

    @Test func labelsAnnotationsPatchesAndReplaceWork() async throws {
        try await withKubectl { kubectl in
            let node = try kubectl.write("n.json", #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"}}"#)
            _ = try await kubectl.run("create", "-f", node)
            _ = try await kubectl.run("label", "node", "n1", "a=b")
            _ = try await kubectl.run("annotate", "node", "n1", "c=d")
            _ = try await kubectl.run("cordon", "n1")
            _ = try await kubectl.run(
                "patch", "node", "n1", "--type=json", "-p", #"[{"op":"remove","path":"/metadata/annotations/c"}]"#)
            let json = try JSONValue(parsing: try await kubectl.run("get", "node", "n1", "-o", "json"))
            #expect(json.at("metadata", "labels") == ["a": "b"])
            #expect(json.at("metadata", "annotations") == nil)
            #expect(json.at("spec", "unschedulable")?.bool == true)
            _ = try await kubectl.run("replace", "-f", node)
            #expect(try await kubectl.run("get", "nodes", "-l", "a=b", "-o", "name").isEmpty)
            #expect(try await kubectl.run("api-resources").contains("endpointslices"))
            _ = try await kubectl.run("get", "events", "-A")
        }
    }

    @Test func watchShowsChangesAsTheyCome() async throws {
        try await withKubectl { kubectl in
            let store = kubectl.server.store
            try store.create(.services, namespace: "default", object: Samples.service("a"))
            async let output = kubectl.run("get", "svc", "-w")
            try await store.waitForWatches(.services, atLeast: 1)
            try store.create(.services, namespace: "default", object: Samples.service("b"))
            kubectl.server.faults.inject(Fault(.endWatches))
            let lines = try await output.split(separator: "\n")
            #expect(lines.count == 3)
            #expect(lines.first?.hasPrefix("NAME") == true)
            #expect(lines.last?.hasPrefix("b ") == true)
        }
    }

    @Test(.enabled(if: Tools.hasOpenSSL, "openssl is not in PATH: no certificates can be made"))
    func tlsClientCertificateAndTokenWork() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        func openssl(_ arguments: String...) async throws {
            try await Tools.run("openssl", arguments, environment: [:], folder: folder.path)
        }
        for (name, subject) in [("server", "/CN=kubesim"), ("ca", "/CN=clients")] {
            try await openssl(
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(name).key", "-out", "\(name).pem",
                "-days", "2", "-subj", subject, "-addext", "subjectAltName=IP:127.0.0.1")
        }
        try await openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "client.key", "-out", "client.csr", "-subj", "/CN=me")
        try await openssl(
            "x509", "-req", "-in", "client.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
            "client.pem", "-days", "2")
        var configuration = KubeSimConfiguration()
        configuration.tls = .init(
            certificatePath: folder.path + "/server.pem", keyPath: folder.path + "/server.key",
            clientCAPath: folder.path + "/ca.pem")
        configuration.bearerTokens = ["secret"]
        try await withKubeSim(configuration) { server, url in
            var kubeconfig = Kubeconfig(serverURL: url)
            kubeconfig.certificateAuthority = try Data(contentsOf: URL(filePath: folder.path + "/server.pem"))
            kubeconfig.token = "secret"
            let anonymous = Kubectl(server: server, folder: folder, kubeconfig: kubeconfig)
            await #expect(throws: Tools.Failure.self) { try await anonymous.run("get", "ns") }
            kubeconfig.clientCertificate = try Data(contentsOf: URL(filePath: folder.path + "/client.pem"))
            kubeconfig.clientKey = try Data(contentsOf: URL(filePath: folder.path + "/client.key"))
            let kubectl = Kubectl(server: server, folder: folder, kubeconfig: kubeconfig)
            #expect(try await kubectl.run("get", "ns").contains("kube-system"))
            kubeconfig.token = "wrong"
            let stranger = Kubectl(server: server, folder: folder, kubeconfig: kubeconfig)
            await #expect(throws: Tools.Failure.self) { try await stranger.run("get", "ns") }
        }
    }

    private func withKubectl(_ body: @Sendable (Kubectl) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try await withKubeSim { server, url in
            try await body(Kubectl(server: server, folder: folder, kubeconfig: Kubeconfig(serverURL: url)))
        }
    }
}
