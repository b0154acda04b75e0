internal import Glibc
internal import HTTPTypes
internal import Hummingbird
public import Logging
internal import NIOCore
internal import Observability
public import ServiceLifecycle

/// Serves `/metrics`, `/livez` and `/readyz`, and `/explain` of an agent. A probe answers 200 or 503; with `?verbose` it
/// names each condition.
public struct ObservabilityServer: Service {
    private let address: HTTPAddress
    private let telemetry: AgentTelemetry
    private let explainer: Explainer?
    private let logger: Logger
    private let onListening: @Sendable (Int) -> Void

    /// Makes a server.
    ///
    /// - Parameters:
    ///   - explainer: what answers `/explain`; nil for a process that has no plan.
    ///   - onListening: called once with the TCP port, which matters when the address has port 0.
    public init(
        address: HTTPAddress, telemetry: AgentTelemetry, explainer: Explainer? = nil, logger: Logger,
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.address = address
        self.telemetry = telemetry
        self.explainer = explainer
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until graceful shutdown or cancellation.
    ///
    /// - Throws: `StartFailure` when the address cannot be bound.
    public func run() async throws {
        let router = Router(context: PeerContext.self)
        router.get("/metrics") { [telemetry] _, _ in
            Response(
                status: .ok, headers: [.contentType: MetricRegistry.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: telemetry.registry.exposition())))
        }
        router.get("/livez") { [telemetry] request, _ in Self.response(telemetry.health.livez(), request) }
        router.get("/readyz") { [telemetry] request, _ in Self.response(telemetry.health.readyz(), request) }
        if let explainer { router.addExplain(explainer) }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            router: router,
            configuration: .init(address: .hostname(address.host, port: address.port), serverName: "cosmolet"),
            onServerRunning: { [address, onListening, logger] channel in
                let bound = HTTPAddress(host: address.host, port: channel.localAddress?.port ?? address.port)
                logger.info("serving metrics and probes", metadata: [LogKeys.address: "\(bound)"])
                onListening(bound.port)
            },
            logger: quiet)
        do { try await application.run() } catch let error as IOError {
            throw StartFailure(
                "HTTP address \(address): \(String(cString: strerror(error.errnoCode)))",
                hint: "Choose another with --http HOST:PORT, or none with --http off.")
        }
    }

    private static func response(_ report: HealthReport, _ request: Request) -> Response {
        let isVerbose = request.uri.queryParameters["verbose"] != nil || !report.isHealthy
        return Response(
            status: .init(code: report.statusCode), headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: report.text(verbose: isVerbose))))
    }
}
