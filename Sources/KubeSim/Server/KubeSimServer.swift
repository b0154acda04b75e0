internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
public import Logging
internal import NIOCore
internal import NIOSSL
public import ServiceLifecycle
internal import Synchronization

/// An in-memory Kubernetes API server.
///
/// Run it in a service group or with `withKubeSim`. A graceful shutdown ends watches cleanly; the store outlives `run`.
/// All members may be used from any thread, before, while and after it runs.
public final class KubeSimServer: Service {
    private struct Listening {
        var port: Int?
        var failure: (any Error)?
        var hasEnded = false
    }

    /// What the server was made from.
    public let configuration: KubeSimConfiguration
    /// The objects.
    public let store: ObjectStore
    /// Disturbances on order.
    public let faults: FaultInjector
    /// What clients asked.
    public let requestLog: RequestLog
    /// Faults at set times.
    public let script: FaultScriptPlayer
    private let logger: Logger
    private let listening = Mutex(Listening())
    private let waiters = ConditionWaiters()

    /// Makes a server that does not listen yet.
    ///
    /// - Parameter clock: what the times of fault scripts are counted by.
    public init(
        configuration: KubeSimConfiguration = KubeSimConfiguration(), logger: Logger,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.configuration = configuration
        self.logger = logger
        store = ObjectStore(
            historyCapacity: configuration.historyCapacity, watchQueueCapacity: configuration.watchQueueCapacity)
        faults = FaultInjector(store: store)
        requestLog = RequestLog(capacity: configuration.requestLogCapacity)
        script = FaultScriptPlayer(faults: faults, store: store, clock: clock)
    }

    /// Listens and serves until the task is cancelled or a graceful shutdown is asked for. May be called once.
    ///
    /// - Throws: `KubeSimError` when the address cannot be had or the TLS files cannot be used.
    public func run() async throws {
        do {
            let application = Application(
                responder: APIResponder(
                    configuration: configuration, store: store, faults: faults, requestLog: requestLog, script: script,
                    logger: logger),
                server: try serverBuilder(),
                configuration: .init(address: .hostname(configuration.address, port: configuration.port)),
                onServerRunning: { channel in self.noteListening(on: channel.localAddress?.port) },
                logger: quietLogger())
            try await withTaskCancellationHandler {
                try await withGracefulShutdownHandler {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { await self.script.run() }
                        defer { group.cancelAll() }
                        try await application.run()
                    }
                } onGracefulShutdown: {
                    self.faults.shutDown()
                }
            } onCancel: {
                faults.shutDown()
            }
            noteEnd(nil)
        } catch {
            let failure = describe(error)
            noteEnd(failure)
            throw failure
        }
    }

    /// Waits until the server accepts connections.
    ///
    /// - Returns: the TCP port.
    /// - Throws: what `run` throws if it fails before that, `CancellationError` if it ends or the task is cancelled.
    public func waitUntilListening() async throws -> Int {
        try await waiters.wait { self.listening.withLock { $0.port != nil || $0.failure != nil || $0.hasEnded } }
        let state = listening.withLock { ($0.port, $0.failure) }
        if let failure = state.1 { throw failure }
        guard let port = state.0 else { throw CancellationError() }
        return port
    }

    /// The base URL for a port, without a slash at the end.
    public func url(port: Int) -> String {
        let host = configuration.address.contains(":") ? "[\(configuration.address)]" : configuration.address
        return "\(configuration.tls == nil ? "http" : "https")://\(host):\(port)"
    }

    private func noteListening(on port: Int?) {
        listening.withLock { $0.port = port }
        waiters.signal()
    }

    private func noteEnd(_ failure: (any Error)?) {
        listening.withLock { state in
            state.hasEnded = true
            if state.port == nil { state.failure = failure }
        }
        waiters.signal()
    }

    /// Hummingbird and the service group log each start at info; here that is only of interest for debugging.
    private func quietLogger() -> Logger {
        var quiet = logger
        if quiet.logLevel >= .info { quiet.logLevel = max(quiet.logLevel, .warning) }
        return quiet
    }

    private func serverBuilder() throws -> HTTPServerBuilder {
        guard let tls = configuration.tls else { return .http1() }
        do {
            var settings = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(tls.certificatePath).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: tls.keyPath, format: .pem)))
            settings.applicationProtocols = ["http/1.1"]
            if let clientCAPath = tls.clientCAPath {
                settings.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(clientCAPath))
                settings.certificateVerification = .noHostnameVerification
            }
            return try .tls(.http1(), tlsConfiguration: settings)
        } catch {
            throw KubeSimError(
                code: .badTLS,
                message: "cannot use TLS files \(tls.certificatePath), \(tls.keyPath)"
                    + (tls.clientCAPath.map { ", \($0)" } ?? "") + ": \(error)")
        }
    }

    private func describe(_ error: any Error) -> any Error {
        if error is KubeSimError || error is CancellationError { return error }
        return KubeSimError(
            code: .cannotListen,
            message: "cannot listen on \(configuration.address) port \(configuration.port): \(error)")
    }
}
