internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// A request that knows where it comes from.
struct PeerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Whether the asker is on this node.
    let isLocal: Bool

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        isLocal = Self.isLocal(
            peer: source.channel.remoteAddress?.ipAddress, own: source.channel.localAddress?.ipAddress)
    }

    /// Whether a connection is of this node to itself: from the loopback network, also as an IPv6 socket sees it, or from
    /// the very address that was asked, which nobody else can have.
    static func isLocal(peer: String?, own: String?) -> Bool {
        guard let peer else { return false }
        return peer == "::1" || peer.hasPrefix("127.") || peer.hasPrefix("::ffff:127.") || peer == own
    }
}

extension Router where Context == PeerContext {
    /// Adds `GET /explain?service=NAMESPACE/NAME`, `?vip=ADDRESS`, or all page by page with `offset` and `limit`.
    ///
    /// The answer is an `Explanation` as JSON: 200, or 404 when that Service or VIP is not known here. 400 names a wrong
    /// parameter. Names and addresses of a cluster are nobody's business outside: 403 unless the asker is on this node.
    func addExplain(_ explainer: Explainer) {
        get("/explain") { request, context in
            guard context.isLocal else {
                return try Self.answer(.forbidden, ["error": "only a process on this node may ask"])
            }
            let query: ExplainQuery
            do {
                query = try ExplainQuery(
                    parameters: request.uri.queryParameters.map { (String($0.key), String($0.value)) })
            } catch let error as ExplainQueryError {
                return try Self.answer(.badRequest, ["error": error.description])
            }
            let explanation = await explainer.explain(query)
            return try Self.answer(explanation.isKnown ? .ok : .notFound, explanation)
        }
    }

    private static func answer(_ status: HTTPResponse.Status, _ value: some Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var buffer = ByteBuffer(bytes: try encoder.encode(value))
        buffer.writeString("\n")
        return Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: buffer))
    }
}
