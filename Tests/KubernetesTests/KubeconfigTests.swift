import Foundation
import Testing

@testable import Kubernetes

@Suite struct KubeconfigTests {
    private static let text = """
        apiVersion: v1
        kind: Config
        current-context: one
        preferences: {}
        clusters:
        - name: c1
          cluster:
            server: https://api.example:6443/
            certificate-authority-data: \(Data("CA PEM".utf8).base64EncodedString())
            tls-server-name: kubernetes
            proxy-url: http://proxy.example:3128
        - name: c2
          cluster: {server: "https://[2001:db8::1]:443", insecure-skip-tls-verify: true}
        contexts:
        - name: one
          context: {cluster: c1, user: u1, namespace: shop}
        - name: two
          context: {cluster: c2, user: u2}
        - name: anonymous
          context: {cluster: c2}
        - name: lost
          context: {cluster: nowhere, user: u1}
        - name: nobody
          context: {cluster: c1, user: nowhere}
        - name: plugin
          context: {cluster: c1, user: plugin}
        - name: legacy
          context: {cluster: c1, user: legacy}
        - name: keyless
          context: {cluster: c1, user: keyless}
        - name: garbled
          context: {cluster: c1, user: garbled}
        users:
        - name: u1
          user: {token: secret}
        - name: u2
          user: {tokenFile: token, client-certificate: certs/me.pem, client-key: certs/me.key}
        - name: plugin
          user:
            exec: {command: aws, apiVersion: client.authentication.k8s.io/v1}
        - name: legacy
          user:
            auth-provider: {name: gcp}
        - name: keyless
          user: {client-certificate-data: QUJD}
        - name: garbled
          user: {client-certificate-data: QUJD, client-key-data: "%%%"}
        """

    private let folder: TemporaryFolder
    private let file: String

    init() throws {
        folder = try TemporaryFolder()
        file = try folder.write("config", Self.text)
    }

    private func message(_ context: String?) -> String {
        do {
            _ = try ClientConfiguration.kubeconfig(files: [file], context: context)
            return "no error"
        } catch {
            return error.message
        }
    }

    @Test func currentContextIsUsed() throws {
        let configuration = try ClientConfiguration.kubeconfig(files: [file])
        #expect(configuration.server == "https://api.example:6443")
        #expect(configuration.authority == .data(Array("CA PEM".utf8)))
        #expect(configuration.serverName == "kubernetes")
        #expect(configuration.proxy == "http://proxy.example:3128")
        #expect(configuration.token == .value("secret"))
        #expect(configuration.namespace == "shop")
        #expect(configuration.verifiesServer)
    }

    @Test func filesAreRelativeToTheKubeconfig() throws {
        try folder.write("token", "t")
        try FileManager.default.createDirectory(atPath: "\(folder.path)/certs", withIntermediateDirectories: true)
        try folder.write("certs/me.pem", "c")
        try folder.write("certs/me.key", "k")
        let configuration = try ClientConfiguration.kubeconfig(files: [file], context: "two")
        #expect(configuration.token == .file("\(folder.path)/token"))
        #expect(
            configuration.clientCertificate
                == .init(certificate: .file("\(folder.path)/certs/me.pem"), key: .file("\(folder.path)/certs/me.key")))
        #expect(!configuration.verifiesServer)
        #expect(configuration.namespace == "default")
    }

    @Test func userMayBeMissing() throws {
        #expect(try ClientConfiguration.kubeconfig(files: [file], context: "anonymous").token == nil)
    }

    @Test func errorsNameFileAndField() {
        #expect(
            message("two").hasPrefix("\(file): users[u2].user.tokenFile: cannot read the file \(folder.path)/token"))
        #expect(message("absent") == "\(file): contexts has no context named absent")
        #expect(
            message("lost") == "\(file): contexts[lost].context.cluster names cluster nowhere, which is not defined")
        #expect(message("nobody") == "\(file): contexts[nobody].context.user names user nowhere, which is not defined")
        #expect(message("keyless").hasPrefix("\(file): users[keyless].user.client-key is missing"))
        #expect(message("garbled") == "\(file): users[garbled].user.client-key-data is not base64")
    }

    @Test func pluginsAreRefused() {
        #expect(message("plugin").hasPrefix("\(file): users[plugin].user.exec is not supported"))
        #expect(message("legacy").hasPrefix("\(file): users[legacy].user.auth-provider is not supported"))
    }

    @Test(arguments: [
        ("clusters: 5", "clusters"), ("clusters: [{name: a, cluster: {server: [1]}}]", "clusters[0].cluster.server"),
        ("contexts: [{context: {cluster: a}}]", "contexts[0].name"),
        ("{", "the file is not a kubeconfig in YAML: line "),
        ("7", "the file is not a kubeconfig in YAML"),
        ("{}", "current-context is not set"),
    ])
    func unusableFilesAreExplained(_ text: String, _ expected: String) throws {
        let path = try folder.write("broken", text)
        let error = #expect(throws: KubernetesError.self) { try ClientConfiguration.kubeconfig(files: [path]) }
        #expect(error?.code == .configuration)
        #expect(error?.message.hasPrefix("\(path): \(expected)") == true, "\(error?.message ?? "")")
    }

    @Test func missingFileIsNamed() {
        let error = #expect(throws: KubernetesError.self) {
            try ClientConfiguration.kubeconfig(files: ["\(folder.path)/absent"])
        }
        #expect(error?.message.hasPrefix("\(folder.path)/absent: the file cannot be read") == true)
    }

    @Test func firstOfSeveralFilesWins() throws {
        let other = try folder.write(
            "other",
            """
            current-context: ignored
            clusters: [{name: c1, cluster: {server: "https://ignored"}}, {name: c3, cluster: {server: "https://three"}}]
            contexts: [{name: three, context: {cluster: c3, user: u1}}]
            """)
        #expect(try ClientConfiguration.kubeconfig(files: [file, other]).server == "https://api.example:6443")
        let three = try ClientConfiguration.kubeconfig(files: [file, other], context: "three")
        #expect(three.server == "https://three")
        #expect(three.token == .value("secret"))
    }

    @Test func contradictoryTLSIsRefused() throws {
        let path = try folder.write(
            "odd",
            """
            current-context: a
            clusters:
            - name: a
              cluster: {server: "https://a", insecure-skip-tls-verify: true, certificate-authority-data: QUJD}
            contexts: [{name: a, context: {cluster: a}}]
            """)
        #expect(throws: KubernetesError.self) { try ClientConfiguration.kubeconfig(files: [path]) }
    }

    /// Damages a good file at random places: an error or a configuration, never a trap.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func damagedFilesNeverTrap(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var scalars = Array(Self.text.unicodeScalars)
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            let place = Int.random(in: 0..<scalars.count, using: &generator)
            scalars[place] = Array("{}[]:-&*! \n\t\"'#|>%@é0".unicodeScalars).randomElement(using: &generator) ?? " "
        }
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        let path = try folder.write("damaged", text)
        _ = try? ClientConfiguration.kubeconfig(files: [path])
    }
}

@Suite struct ClientConfigurationTests {
    @Test func podIsConfiguredFromEnvironmentAndServiceAccount() throws {
        let folder = try TemporaryFolder()
        try folder.write("token", "t\n")
        try folder.write("ca.crt", "c")
        try folder.write("namespace", "kube-system\n")
        var environment = ["KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"]
        let configuration = try ClientConfiguration.discover(
            environment: environment, serviceAccountFolder: folder.path)
        #expect(configuration.server == "https://10.96.0.1:443")
        #expect(configuration.authority == .file("\(folder.path)/ca.crt"))
        #expect(configuration.token == .file("\(folder.path)/token"))
        #expect(configuration.namespace == "kube-system")
        environment["KUBERNETES_SERVICE_HOST"] = "fd00::1"
        #expect(
            try ClientConfiguration.inCluster(environment: environment, serviceAccountFolder: folder.path).server
                == "https://[fd00::1]:443")
    }

    @Test func missingVariableOrFileIsNamed() throws {
        let folder = try TemporaryFolder()
        let unset = #expect(throws: KubernetesError.self) { try ClientConfiguration.discover(environment: [:]) }
        #expect(unset?.message.contains("KUBERNETES_SERVICE_HOST") == true)
        let unreadable = #expect(throws: KubernetesError.self) {
            try ClientConfiguration.inCluster(
                environment: ["KUBERNETES_SERVICE_HOST": "h", "KUBERNETES_SERVICE_PORT": "1"],
                serviceAccountFolder: folder.path)
        }
        #expect(unreadable?.message.contains("\(folder.path)/token") == true)
    }

    @Test func kubeconfigVariableComesBeforeThePod() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "config",
            """
            current-context: a
            clusters: [{name: a, cluster: {server: "https://a"}}]
            contexts: [{name: a, context: {cluster: a}}]
            """)
        let environment = ["KUBECONFIG": file, "KUBERNETES_SERVICE_HOST": "h", "KUBERNETES_SERVICE_PORT": "1"]
        #expect(try ClientConfiguration.discover(environment: environment).server == "https://a")
    }

    @Test(arguments: ["", "ftp://a", "api.example:6443", "https://", "nonsense"])
    func unusableServerIsRefused(_ server: String) {
        #expect(throws: KubernetesError.self) { try ClientConfiguration(server: server).check() }
    }

    @Test func descriptionsHideSecrets() {
        let configuration = ClientConfiguration(
            server: "https://a",
            clientCertificate: .init(certificate: .file("/c"), key: .data(Array("PRIVATE".utf8))),
            token: .value("sesame"))
        for text in ["\(configuration)", String(reflecting: configuration)] {
            #expect(!text.contains("sesame") && !text.contains("80, 82") && text.contains("(hidden)"))
        }
    }

    @Test func tokenIsNotSentInTheClear() throws {
        #expect(throws: KubernetesError.self) {
            try ClientConfiguration(server: "http://10.0.0.1:8080", token: .value("t")).check()
        }
        try ClientConfiguration(server: "http://127.0.0.1:8080", token: .value("t")).check()
        try ClientConfiguration(server: "http://[::1]:8080", token: .value("t")).check()
        try ClientConfiguration(server: "http://10.0.0.1:8080").check()
    }
}
