internal import FoundationEssentials
internal import Hummingbird
internal import Logging
internal import NIOCore

/// What a request carries besides itself: the connection it came by.
struct KubeSimRequestContext: InitializableFromSource {
    let connection: ConnectionControl

    init(source: ApplicationRequestContextSource) { connection = ConnectionControl(source.channel) }
}

/// Takes each request through log, faults, authentication and routing to its answer.
struct APIResponder: HTTPResponder {
    typealias Context = KubeSimRequestContext

    let configuration: KubeSimConfiguration
    let store: ObjectStore
    let faults: FaultInjector
    let requestLog: RequestLog
    let script: FaultScriptPlayer
    let logger: Logger

    func respond(to request: Request, context: KubeSimRequestContext) async throws -> Response {
        let apiRequest = APIRequest(
            method: request.method.rawValue, path: request.uri.path, query: request.uri.query ?? "")
        requestLog.note(
            method: apiRequest.method, path: apiRequest.path, query: request.uri.query ?? "",
            userAgent: request.headers[.userAgent] ?? "",
            verb: apiRequest.type == nil ? nil : apiRequest.verb?.rawValue,
            resource: apiRequest.type?.plural)
        logger.debug("request", metadata: ["method": "\(apiRequest.method)", "path": "\(apiRequest.path)"])
        var spoil: Fault.Effect?
        if !apiRequest.isControl, let verb = apiRequest.verb {
            for effect in faults.take(type: apiRequest.type, verb: verb) {
                switch effect {
                case .delay(let duration): try await Task.sleep(for: duration)
                case .respond(let status, let retryAfterSeconds):
                    return Reply(
                        .injected(status, request: apiRequest, retryAfterSeconds: retryAfterSeconds)
                    ).response()
                case .cut:
                    context.connection.cut(withReset: true)
                    return Response(status: .internalServerError)
                case .stall where verb != .watch: return try await stall(request, context)
                default: spoil = effect
                }
            }
        }
        do {
            try checkToken(request)
            if apiRequest.verb == .watch, case .resource(let type, let namespace, let name, _) = apiRequest.target {
                let watch = try startWatch(
                    apiRequest, request, type: type, namespace: namespace, name: name, connection: context.connection)
                if faults.isShutDown { watch.subscription.end(.clean) }
                if spoil == .stall { watch.subscription.setStalled(true) }
                if spoil == .truncate { watch.subscription.end(.truncated) }
                return watch.response(to: request)
            }
            let reply = try await answer(apiRequest, request)
            return reply.response(
                isHead: apiRequest.method == "HEAD", cutAfterHalf: spoil == .truncate ? context.connection : nil)
        } catch let failure as APIStatus {
            return Reply(failure).response(isHead: apiRequest.method == "HEAD")
        }
    }

    private func answer(_ apiRequest: APIRequest, _ request: Request) async throws -> Reply {
        switch apiRequest.target {
        case .resource(let type, let namespace, let name, let subresource):
            let handler = ResourceHandler(
                store: store, apiRequest: apiRequest, type: type, namespace: namespace, name: name,
                subresource: subresource, accept: request.headers[.accept])
            let body = handler.readsBody ? try await collectBody(request) : []
            return try handler.answer(body: body, contentType: request.headers[.contentType])
        case .other(let path):
            if path.first == "kubesim" {
                let control = ControlHandler(store: store, faults: faults, requestLog: requestLog, script: script)
                return try control.answer(apiRequest.method, Array(path.dropFirst()), try await collectBody(request))
            }
            guard ["GET", "HEAD"].contains(apiRequest.method) else {
                throw APIStatus.methodNotAllowed(apiRequest.method)
            }
            return try answerOther(path, accept: request.headers[.accept] ?? "")
        }
    }

    private func answerOther(_ path: [String], accept: String) throws(APIStatus) -> Reply {
        if let check = path.first, ["healthz", "livez", "readyz"].contains(check) {
            return Reply(bytes: Array("ok".utf8), contentType: "text/plain; charset=utf-8")
        }
        if path == ["openapi", "v2"] {
            // An empty message is a valid protobuf document of no definitions; kubectl falls back to what it knows.
            if accept.contains("protobuf") {
                return Reply(bytes: [], contentType: "application/com.github.proto-openapi.spec.v2.v1.0+protobuf")
            }
            return Reply(
                json: [
                    "swagger": "2.0", "info": ["title": "kubesim", "version": "v1"], "paths": [:], "definitions": [:],
                ])
        }
        guard let document = Discovery.document(path) else { throw .noSuchPath }
        return Reply(json: document)
    }

    private func startWatch(
        _ apiRequest: APIRequest, _ request: Request, type: ResourceType, namespace: String?, name: String?,
        connection: ConnectionControl
    ) throws(APIStatus) -> WatchStream {
        let query = apiRequest.query
        guard
            let representation = Representation(
                accept: request.headers[.accept], includeObject: query["includeObject"])
        else { throw .notAcceptable }
        var selection = WatchSubscription.Selection(type: type, namespace: namespace)
        selection.labelSelector = try LabelSelector(parsing: query["labelSelector"] ?? "")
        var fields = query["fieldSelector"] ?? ""
        if let name { fields = fields.isEmpty ? "metadata.name=\(name)" : "metadata.name=\(name),\(fields)" }
        selection.fieldSelector = try FieldSelector(parsing: fields, for: type)
        var options = WatchOptions()
        options.resourceVersion = query["resourceVersion"]
        options.resourceVersionMatch = query["resourceVersionMatch"]
        options.sendInitialEvents = query.flag("sendInitialEvents")
        options.allowsBookmarks = query.flag("allowWatchBookmarks") ?? false
        options.connection = connection
        let asked = try query.number("timeoutSeconds") ?? 0
        // Without a wish of the client the real server picks between half an hour and an hour.
        let seconds = asked > 0 ? min(asked, 86_400) : Int.random(in: 1800...3600)
        let started = try store.startWatch(selection, options: options)
        return WatchStream(
            subscription: started.subscription, initial: started.initial, representation: representation,
            timing: .init(timeout: .seconds(seconds), bookmarkInterval: configuration.bookmarkInterval), store: store,
            connection: connection)
    }

    /// Holds a request until the faults are cleared or the client is gone, then cuts it.
    private func stall(_ request: Request, _ context: KubeSimRequestContext) async throws -> Response {
        let gate = faults.makeGate()
        try await request.body.consumeWithInboundCloseHandler { _ in
            for await _ in gate.stream {}
        } onInboundClosed: {
            gate.open()
        }
        gate.open()
        context.connection.cut(withReset: true)
        return Response(status: .internalServerError)
    }

    private func checkToken(_ request: Request) throws(APIStatus) {
        guard !configuration.bearerTokens.isEmpty else { return }
        let prefix = "Bearer "
        guard let header = request.headers[.authorization], header.hasPrefix(prefix),
            configuration.bearerTokens.contains(String(header.dropFirst(prefix.count)))
        else { throw .unauthorized }
    }

    private func collectBody(_ request: Request) async throws -> [UInt8] {
        let limit = configuration.bodyLimitBytes
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw APIStatus.tooLarge(limitBytes: limit)
        }
        var bytes: [UInt8] = []
        for try await part in request.body {
            guard bytes.count + part.readableBytes <= limit else { throw APIStatus.tooLarge(limitBytes: limit) }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return bytes
    }
}

extension APIRequest {
    /// Whether it is for kubesim itself; faults never hit those.
    fileprivate var isControl: Bool {
        if case .other(let path) = target { return path.first == "kubesim" }
        return false
    }
}

extension APIStatus {
    static let notAcceptable = APIStatus(
        code: 406, reason: "NotAcceptable",
        message: "only the following media types are accepted: application/json, "
            + "application/json;as=Table;v=v1;g=meta.k8s.io")

    /// What a real server says with a status code, naming verb and resource where it does.
    fileprivate static func injected(
        _ code: Int, request: APIRequest, retryAfterSeconds: Int?
    ) -> APIStatus {
        let resource = request.type?.qualifiedName ?? request.path
        let verb = request.verb?.rawValue ?? request.method
        var status: APIStatus
        switch code {
        case 401: status = .unauthorized
        case 403:
            status = APIStatus(
                code: 403, reason: "Forbidden",
                message: "\(resource) is forbidden: User \"kubesim\" cannot \(verb) resource "
                    + "\"\(request.type?.plural ?? resource)\" in API group \"\(request.type?.group ?? "")\"")
        case 404: status = .noSuchPath
        case 409: status = APIStatus(code: 409, reason: "Conflict", message: "injected conflict")
        case 410: status = .expired("The resourceVersion for the provided list is too old.")
        case 429: status = APIStatus(code: 429, reason: "TooManyRequests", message: "too many requests")
        case 500: status = APIStatus(code: 500, reason: "InternalError", message: "injected internal error")
        case 503:
            status = APIStatus(
                code: 503, reason: "ServiceUnavailable",
                message: "the server is currently unable to handle the request")
        case 504: status = APIStatus(code: 504, reason: "Timeout", message: "request did not complete in time")
        default: status = APIStatus(code: code, reason: "", message: "injected status \(code)")
        }
        status.kind = request.type?.plural
        status.group = request.type?.group
        status.retryAfterSeconds = retryAfterSeconds
        return status
    }
}
