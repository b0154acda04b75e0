import Foundation
import Logging
import Synchronization
import Testing

@testable import Kubernetes

/// JSON of objects and events, as a server would send it.
enum JSON {
    static func service(_ name: String, version: Int = 1, spec: String = "{}") -> String {
        #"{"metadata":{"name":"\#(name)","namespace":"n","resourceVersion":"\#(version)"},"spec":\#(spec)}"#
    }

    static func list(_ items: [String], version: Int, next: String = "") -> String {
        """
        {"kind":"ServiceList","apiVersion":"v1","metadata":{"resourceVersion":"\(version)","continue":"\(next)"},
        "items":[\(items.joined(separator: ","))]}
        """
    }

    static func event(_ type: String, _ object: String) -> String {
        #"{"type":"\#(type)","object":\#(object)}"# + "\n"
    }

    static func bookmark(_ version: Int) -> String {
        event("BOOKMARK", #"{"kind":"Service","metadata":{"resourceVersion":"\#(version)"}}"#)
    }

    static func status(_ code: Int, reason: String = "", message: String = "scripted", details: String = "{}") -> String
    {
        """
        {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"\(message)",\
        "reason":"\(reason)","details":\(details),"code":\(code)}
        """
    }
}

let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A short word for a change, to compare with.
func word<Resource>(_ change: ResourceChange<Resource>?) -> String {
    switch change {
    case nil: "end"
    case .replaced(let all, let unreadable)?:
        "replaced " + all.map(\.metadata.name).joined(separator: ",")
            + unreadable.map { " without \($0.name)" }.joined()
    case .applied(let one)?: "applied \(one.metadata.name)"
    case .deleted(let one)?: "deleted \(one.metadata.name)"
    case .invalid(let name, _)?: "invalid \(name)"
    }
}

/// A watcher of services that runs against a fake server until the body returns.
struct WatcherHarness {
    let server: FakeServer
    let client: KubernetesClient
    let watcher: ResourceWatcher<Service>
    let notices: NoticeLog
    var changes: AsyncStream<ResourceChange<Service>>.Iterator

    /// The next change in short.
    mutating func change() async -> String { word(await changes.next()) }

    static func run(
        scope: ResourceScope = .all, serverTimeout: Duration = .seconds(290), idleSlack: Duration = .seconds(20),
        responseTimeout: Duration = .seconds(20), bufferLimit: Int = 1024, token: ClientConfiguration.Token? = nil,
        _ body: (inout WatcherHarness) async throws -> Void
    ) async throws {
        let server = try FakeServer()
        var configuration = ClientConfiguration(server: server.url, token: token)
        configuration.responseTimeout = responseTimeout
        let client = try KubernetesClient(configuration: configuration, logger: quietLogger)
        let notices = NoticeLog()
        let watcher = ResourceWatcher<Service>(
            client: client, scope: scope, pageLimit: 2, serverTimeout: serverTimeout, idleSlack: idleSlack,
            backoff: Backoff(initial: .milliseconds(1), cap: .milliseconds(5)), bufferLimit: bufferLimit, seed: 1,
            logger: quietLogger, observer: { notices.append($0) })
        var harness = WatcherHarness(
            server: server, client: client, watcher: watcher, notices: notices,
            changes: watcher.changes.makeAsyncIterator())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await watcher.run() }
            var failure: (any Error)?
            do { try await body(&harness) } catch { failure = error }
            group.cancelAll()
            await client.shutdown()
            if let failure { throw failure }
        }
        #expect(await harness.changes.next() == nil)
        server.stop()
    }

    /// Answers the first list and opens the first watch.
    mutating func open(version: Int = 10, names: [String] = ["a"]) async throws -> FakeExchange {
        try await server.next().reply(200, JSON.list(names.map { JSON.service($0) }, version: version))
        #expect(await change() == "replaced " + names.joined(separator: ","))
        let watch = try await server.next()
        watch.beginStream()
        return watch
    }
}

extension WatcherHarness {
    /// Answers the question whether the server still knows the place, after a watch that broke, and takes the next watch.
    func verifyThenWatch(version: Int) async throws -> FakeExchange {
        let question = try await server.next()
        #expect(question.request.query["limit"] == "1" && question.request.query["watch"] == nil)
        question.reply(200, JSON.list([], version: version))
        return try await server.next()
    }
}

/// Collects notices from any thread.
final class NoticeLog: Sendable {
    private let notices = Mutex<[WatcherNotice]>([])

    var all: [WatcherNotice] { notices.withLock { $0 } }

    /// The errors of all notices, in order.
    var errors: [KubernetesError] {
        all.compactMap { notice in
            switch notice {
            case .listFailed(let error, _), .relisting(let error, _): error
            case .reconnecting(let error, _): error
            default: nil
            }
        }
    }

    func append(_ notice: WatcherNotice) { notices.withLock { $0.append(notice) } }
}

/// A folder that goes when the value does.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "kubernetes-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }
}
