import ArgumentParser
import FoundationEssentials
import Glibc
import KubeSim
import Logging
import ServiceLifecycle
import UnixSignals

/// `kubesim serve`: listens until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the API until SIGINT or SIGTERM.",
        discussion: """
            EXAMPLES
              Plain HTTP on a free port, with a kubeconfig for kubectl:
                kubesim serve --kubeconfig-out sim.kubeconfig
                kubectl --kubeconfig sim.kubeconfig get services -A

              TLS, a token, and objects to begin with:
                kubesim serve --port 6443 --tls-cert server.pem --tls-key server.key \\
                    --token secret --load nodes.yaml --load services.json --kubeconfig-out sim.kubeconfig

              Let the next three lists of services fail with 503:
                curl -X POST URL/kubesim/faults \\
                    -d '{"effect":"respond","status":503,"count":3,"verb":"list","resource":"services"}'

              The same after 10 s, and all watches dropped after 20 s:
                printf '%s\\n' '- {at: 10, effect: respond, status: 503, count: 3, verb: list, resource: services}' \\
                    '- {at: 20, effect: dropWatches}' > faults.yaml
                kubesim serve --fault-script faults.yaml

            EXIT CODES
              0 stopped by a signal, 1 could not start (the reason is on standard error), 64 wrong usage.
            """)

    @Option(help: "Address to listen on.")
    var address = "127.0.0.1"

    @Option(help: "TCP port to listen on; 0 takes a free one.")
    var port = 0

    @Option(help: ArgumentHelp("Server certificate (chain) in PEM; turns TLS on.", valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("Key of the server certificate in PEM.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "CA for the kubeconfig to trust; without it, the server certificate itself is trusted.",
            valueName: "file"))
    var tlsCa: String?

    @Option(
        help: ArgumentHelp("Require client certificates signed by a CA in this PEM file.", valueName: "file"))
    var clientCa: String?

    @Option(help: ArgumentHelp("Client certificate to put into the kubeconfig.", valueName: "file"))
    var clientCert: String?

    @Option(help: ArgumentHelp("Key of the client certificate, for the kubeconfig.", valueName: "file"))
    var clientKey: String?

    @Option(help: "Bearer token that requests must carry; may be given several times.")
    var token: [String] = []

    @Option(help: ArgumentHelp("Write a kubeconfig for this server (mode 0600).", valueName: "file"))
    var kubeconfigOut: String?

    @Option(help: ArgumentHelp("Write the port number, once listening.", valueName: "file"))
    var portFile: String?

    @Option(help: ArgumentHelp("YAML or JSON manifest to begin with; may be given several times.", valueName: "file"))
    var load: [String] = []

    @Option(
        help: ArgumentHelp("Faults at set times, from when the server listens; YAML or JSON.", valueName: "file"))
    var faultScript: String?

    @Option(help: "How many changes to keep for watches that resume.")
    var history = 10_000

    @Option(help: "Seconds between bookmarks of a watch.")
    var bookmarkSeconds = 60

    @Option(help: "Log level: trace, debug, info, notice, warning, error, critical.")
    var logLevel = "warning"

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be between 0 and 65535") }
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key go together")
        }
        guard clientCa == nil || tlsCert != nil else { throw ValidationError("--client-ca needs --tls-cert") }
        guard (clientCert == nil) == (clientKey == nil) else {
            throw ValidationError("--client-cert and --client-key go together")
        }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level must be one of trace, debug, info, notice, warning, error, critical")
        }
        guard history >= 0 else { throw ValidationError("--history must not be negative") }
        guard (1...86_400).contains(bookmarkSeconds) else {
            throw ValidationError("--bookmark-seconds must be between 1 and 86400")
        }
        guard !token.contains("") else { throw ValidationError("--token must not be empty") }
    }

    func run() async throws {
        do {
            try await serve()
        } catch let error as KubeSimError {
            FileAccess.writeToStandardError("kubesim: \(error)\n")
            throw ExitCode(1)
        }
    }

    private func serve() async throws {
        var logger = Logger(label: "kubesim", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .warning
        var configuration = KubeSimConfiguration()
        configuration.address = address
        configuration.port = port
        if let tlsCert, let tlsKey {
            configuration.tls = .init(certificatePath: tlsCert, keyPath: tlsKey, clientCAPath: clientCa)
        }
        configuration.bearerTokens = Set(token)
        configuration.historyCapacity = history
        configuration.bookmarkInterval = .seconds(bookmarkSeconds)
        let server = KubeSimServer(configuration: configuration, logger: logger)
        for path in load {
            let text = String(decoding: try FileAccess.read(path), as: UTF8.self)
            try server.store.load(text, source: path)
        }
        let script = try faultScript.map { path -> FaultScript in
            do {
                return try FaultScript(text: String(decoding: try FileAccess.read(path), as: UTF8.self))
            } catch let error as APIStatus {
                throw KubeSimError(code: .badManifest, message: "\(path): \(error.message)")
            }
        }
        let group = ServiceGroup(
            services: [server], gracefulShutdownSignals: [.sigint, .sigterm],
            logger: Logger(label: "kubesim") { _ in
                SwiftLogNoOpLogHandler()
            })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask {
                do {
                    try announce(server, port: try await server.waitUntilListening())
                    if let script { server.script.play(script) }
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
            }
            try await tasks.waitForAll()
        }
    }

    private func announce(_ server: KubeSimServer, port: Int) throws {
        let url = server.url(port: port)
        if let kubeconfigOut {
            var kubeconfig = Kubeconfig(serverURL: url)
            kubeconfig.certificateAuthority = try (tlsCa ?? tlsCert).map { try FileAccess.read($0) }
            kubeconfig.token = token.first
            kubeconfig.clientCertificate = try clientCert.map { try FileAccess.read($0) }
            kubeconfig.clientKey = try clientKey.map { try FileAccess.read($0) }
            try FileAccess.write(kubeconfig.text, to: kubeconfigOut, mode: 0o600)
        }
        if let portFile { try FileAccess.write("\(port)\n", to: portFile, mode: 0o644) }
        print(url)
        fflush(nil)
    }
}
