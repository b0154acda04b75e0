/// A request to the API server; the client adds server, credentials and TLS.
public struct APIRequest: Sendable {
    /// The method, in capitals.
    public var method: String
    /// The path from the server's root, escaped, without a query.
    public var path: String
    /// The query, not escaped.
    public var query: [(name: String, value: String)]
    /// The body; nil for none.
    public var body: [UInt8]?
    /// What the body is, such as `application/merge-patch+json`.
    public var contentType: String

    /// Makes a request.
    public init(
        method: String = "GET", path: String, query: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        contentType: String = "application/json"
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.contentType = contentType
    }

    /// Method and path, for messages.
    var summary: String { "\(method) \(path)" }
}

/// The API server's answer to a raw request.
public struct APIResponse: Sendable {
    /// The HTTP status, 200 to 299: everything else is thrown.
    public var status: Int
    /// The body as it came.
    public var body: [UInt8]
}

extension ListQuery {
    func request<Resource: KubernetesResource>(_: Resource.Type) -> APIRequest {
        var query = scope.selectors
        if let limit { query.append(("limit", String(limit))) }
        if let continueToken {
            // The token holds the resourceVersion; the server refuses both together.
            query.append(("continue", continueToken))
        } else {
            switch freshness {
            case .any: query.append(("resourceVersion", "0"))
            case .notOlderThan(let version):
                query.append(("resourceVersion", version))
                query.append(("resourceVersionMatch", "NotOlderThan"))
            case .mostRecent: break
            }
        }
        return APIRequest(path: Resource.path.url(namespace: scope.namespace), query: query)
    }
}

extension WatchQuery {
    func request<Resource: KubernetesResource>(_: Resource.Type) -> APIRequest {
        let query =
            scope.selectors + [
                ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", resourceVersion),
                ("timeoutSeconds", String(max(1, serverTimeout.components.seconds))),
            ]
        return APIRequest(path: Resource.path.url(namespace: scope.namespace), query: query)
    }
}

extension ResourceScope {
    fileprivate var selectors: [(name: String, value: String)] {
        var query: [(name: String, value: String)] = []
        if let fieldSelector { query.append(("fieldSelector", fieldSelector)) }
        if let labelSelector { query.append(("labelSelector", labelSelector)) }
        return query
    }
}
