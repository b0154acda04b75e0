internal import Bindings
public import Logging

/// Asks one Kubernetes API server: single objects, lists, watches, raw requests.
///
/// Safe to use from any number of tasks. Requests run on a thread of the client's own; call `shutdown()` at the end.
public final class KubernetesClient: Sendable {
    /// What the client was made with.
    public let configuration: ClientConfiguration

    let time: TimeSource
    let logger: Logger
    /// For watches and what is short: with HTTP/2 one connection carries all of it.
    private let connections: ConnectionPool
    /// For lists while HTTP/2 is offered: they speak HTTP/1.1, so that they hold up no watch, and TCP holds up the
    /// server while we read.
    private let listConnections: ConnectionPool
    private let tokens: TokenSource
    private let tls: TLSOptions

    /// How long a body may be that is taken whole.
    private static let bodyByteLimit = 512 << 20

    /// Makes a client; nothing is sent yet.
    ///
    /// - Parameter clock: measures how long the server is silent.
    /// - Throws: `configuration` when the configuration cannot be used.
    public init<Timer: Clock>(
        configuration: ClientConfiguration, clock: Timer = ContinuousClock(), logger: Logger
    ) throws(KubernetesError) where Timer.Duration == Duration {
        try configuration.check()
        do throws(CurlError) {
            connections = try ConnectionPool()
            listConnections = configuration.offersHTTP2 ? try ConnectionPool() : connections
        } catch {
            throw KubernetesError(code: .configuration, message: "libcurl cannot be used: \(error)")
        }
        self.configuration = configuration
        self.logger = logger
        time = TimeSource(clock)
        tokens = TokenSource(configuration.token)
        tls = configuration.tlsOptions
    }

    /// Ends all requests with `shutDown` and closes all connections before it returns.
    public func shutdown() async {
        await connections.close()
        await listConnections.close()
    }

    /// Reads one object.
    ///
    /// - Parameter namespace: ignored for kinds of the whole cluster; nil for the configuration's.
    public func get<Resource: KubernetesResource>(
        _: Resource.Type, name: String, namespace: String? = nil
    ) async throws(KubernetesError) -> Resource {
        let path = Resource.path.url(namespace: namespace ?? configuration.namespace, name: name)
        let request = APIRequest(path: path)
        let response = try await self.request(request)
        return try ObjectDecoder<Resource>().object(response.body, request: request.summary)
    }

    /// Reads one page of a list, item by item while it arrives. A broken object is reported in `invalid` and does not
    /// fail the page.
    public func list<Resource: KubernetesResource>(
        _: Resource.Type, query: ListQuery = ListQuery()
    ) async throws(KubernetesError) -> ListPage<Resource> {
        let request = query.request(Resource.self)
        let isApart = configuration.offersHTTP2 && query.limit != 1
        let exchange = try await start(request, acceptsCompression: true, isApart: isApart)
        let page = try await exchange.withSilenceLimit(configuration.responseTimeout) {
            () async throws(KubernetesError) -> ListPage<Resource> in
            try await exchange.requireSuccess()
            var reader = ListReader<Resource>(request: request.summary)
            while let piece = try await exchange.nextPiece() { try reader.append(piece) }
            return try reader.finish()
        }
        // The next list is far away: no connection waits for it.
        if isApart, page.continueToken == nil { exchange.retireConnections() }
        return page
    }

    /// Opens a watch and returns when the server has accepted it.
    ///
    /// How long the server may be silent afterwards is the caller's business; see `WatchSession.timeSinceLastHeard`.
    public func watch<Resource: KubernetesResource>(
        _: Resource.Type, query: WatchQuery
    ) async throws(KubernetesError) -> WatchSession<Resource> {
        let request = query.request(Resource.self)
        let exchange = try await start(request)
        let head = try await exchange.withSilenceLimit(configuration.responseTimeout) {
            () async throws(KubernetesError) -> ResponseHead in
            try await exchange.requireSuccess()
        }
        return WatchSession(exchange, httpVersion: head.version)
    }

    /// Sends a request and takes the whole answer.
    ///
    /// - Throws: a code for each status outside 200 to 299, and what else can go wrong on the way.
    public func request(_ request: APIRequest) async throws(KubernetesError) -> APIResponse {
        let exchange = try await start(request)
        return try await exchange.withSilenceLimit(configuration.responseTimeout) {
            () async throws(KubernetesError) -> APIResponse in
            let status = try await exchange.requireSuccess().status
            return APIResponse(status: status, body: try await exchange.wholeBody(limit: Self.bodyByteLimit))
        }
    }

    // MARK: - Private steps

    private func start(
        _ request: APIRequest, acceptsCompression: Bool = false, isApart: Bool = false
    ) async throws(KubernetesError) -> Exchange {
        var headers: [TransferRequest.Header] = [
            .init(name: "Accept", value: "application/json"),
            .init(name: "User-Agent", value: configuration.userAgent),
        ]
        if let token = try tokens.current() { headers.append(.init(name: "Authorization", value: "Bearer \(token)")) }
        if request.body != nil { headers.append(.init(name: "Content-Type", value: request.contentType)) }
        let transferRequest = TransferRequest(
            method: request.method, url: configuration.server + request.path + URLText.query(request.query),
            headers: headers, body: request.body, tls: tls, proxy: configuration.proxy,
            connectTimeout: configuration.connectTimeout, acceptsCompression: acceptsCompression,
            offersHTTP2: configuration.offersHTTP2 && !isApart)
        logger.trace("kubernetes request", metadata: ["request": "\(request.summary)"])
        do throws(CurlError) {
            let pool = isApart ? listConnections : connections
            let loop = try pool.loop()
            let transfer = try await loop.start(transferRequest)
            return Exchange(
                transfer: transfer, retireConnections: { pool.retire(loop) },
                summary: request.summary, heard: LastHeard(time))
        } catch {
            throw KubernetesError(request.summary, error)
        }
    }
}
