internal import Hummingbird
internal import NIOCore

/// Turns a subscription into the body of a response: one JSON object a line, flushed as it comes.
struct WatchStream: Sendable {
    /// How long the stream may last, and how often a bookmark is due in between.
    struct Timing: Sendable {
        var timeout: Duration
        var bookmarkInterval: Duration
    }

    let subscription: WatchSubscription
    let initial: [WatchEvent]
    let representation: Representation
    let timing: Timing
    let store: ObjectStore
    let connection: ConnectionControl

    /// The response; `request` is read for the end of the connection only.
    ///
    /// The connection is closed after the watch, as HTTP/1.1 clients are told in the header.
    func response(to request: Request) -> Response {
        let body = ResponseBody { writer in
            try await request.body.consumeWithInboundCloseHandler { _ in
                try await run(&writer)
            } onInboundClosed: {
                subscription.end(.disconnected)
            }
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/json", .cacheControl: "no-cache, private", .connection: "close",
            ], body: body)
    }

    private func run(_ writer: inout any ResponseBodyWriter) async throws {
        let timers = startTimers()
        defer {
            for timer in timers { timer.cancel() }
            store.endWatch(subscription)
        }
        var encoder = WatchEncoder(type: subscription.selection.type, representation: representation)
        try await write(initial, with: &encoder, to: &writer)
        while true {
            switch await subscription.next() {
            case .send(let events):
                try await write(events, with: &encoder, to: &writer)
            case .end(.clean):
                try await writer.finish(nil)
                return
            case .end(.truncated):
                try await writer.write(ByteBuffer(string: encoder.halfLine))
                connection.cut(withReset: false)
                return
            case .end(.disconnected):
                return
            }
        }
    }

    /// Writes events in pieces of bounded size, so that a long list does not sit in memory a second time.
    private func write(
        _ events: [WatchEvent], with encoder: inout WatchEncoder, to writer: inout any ResponseBodyWriter
    ) async throws {
        var piece: [UInt8] = []
        for event in events {
            encoder.encode(event, to: &piece)
            if piece.count >= 64 * 1024 {
                try await writer.write(ByteBuffer(bytes: piece))
                piece.removeAll(keepingCapacity: true)
            }
        }
        if !piece.isEmpty { try await writer.write(ByteBuffer(bytes: piece)) }
    }

    private func startTimers() -> [WatchTimer] {
        let loop = connection.eventLoop
        let (store, subscription) = (store, subscription)
        let end = loop.scheduleTask(in: TimeAmount(timing.timeout)) {
            store.offerBookmark(to: subscription)
            subscription.end(.clean)
        }
        guard subscription.allowsBookmarks else { return [.once(end)] }
        let interval = TimeAmount(timing.bookmarkInterval)
        let bookmarks = loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            store.offerBookmark(to: subscription)
        }
        return [.once(end), .repeated(bookmarks)]
    }
}

private enum WatchTimer {
    case once(Scheduled<Void>)
    case repeated(RepeatedTask)

    func cancel() {
        switch self {
        case .once(let task): task.cancel()
        case .repeated(let task): task.cancel()
        }
    }
}

/// Writes watch events as JSON lines.
struct WatchEncoder {
    let type: ResourceType
    let representation: Representation
    /// A table tells its columns only in the first event.
    private var hasSentColumns = false

    init(type: ResourceType, representation: Representation) {
        self.type = type
        self.representation = representation
    }

    /// What a truncated watch ends with.
    var halfLine: String {
        "{\"type\":\"MODIFIED\",\"object\":{\"kind\":\"\(type.kind)\",\"apiVersion\":\"\(type.apiVersion)\",\"meta"
    }

    mutating func encode(_ event: WatchEvent, to output: inout [UInt8]) {
        let name: String
        let object: [UInt8]
        switch event {
        case .change(let change, let stored):
            name = change.rawValue
            if case .table(let included) = representation {
                object = TableRenderer(type: type, includedObject: included).table(
                    of: [stored], revision: stored.revision, withColumns: !hasSentColumns
                ).serialized()
                hasSentColumns = true
            } else {
                object = stored.encoded
            }
        case .bookmark(let revision, let endsInitialEvents):
            name = "BOOKMARK"
            object = bookmark(revision, endsInitialEvents).serialized()
        case .error(let status):
            name = "ERROR"
            object = status.json.serialized()
        }
        output.append(contentsOf: "{\"type\":\"\(name)\",\"object\":".utf8)
        output.append(contentsOf: object)
        output.append(contentsOf: "}\n".utf8)
    }

    /// An object of the watched type that is empty but for its resourceVersion, null lists included.
    private func bookmark(_ revision: Int64, _ endsInitialEvents: Bool) -> JSONValue {
        var object: JSONValue = [
            "kind": .string(type.kind), "apiVersion": .string(type.apiVersion),
            "metadata": ["resourceVersion": .string(String(revision)), "creationTimestamp": .null],
        ]
        if endsInitialEvents {
            object.set(["metadata", "annotations"], to: ["k8s.io/initial-events-end": "true"])
        }
        switch type {
        case .services:
            object["spec"] = [:]
            object["status"] = ["loadBalancer": [:]]
        case .endpointSlices:
            object["addressType"] = ""
            object["endpoints"] = .null
            object["ports"] = .null
        case .nodes, .namespaces:
            object["spec"] = [:]
            object["status"] = [:]
        default: break
        }
        return object
    }
}
