import Foundation
import Logging
import NetworkTypes
import Northbound
import Synchronization

@testable import FRRManagement

/// A `SimulatedMgmtd` on a socket, with faults that a test can plan.
final class FakeMgmtd: Sendable {
    /// Called with each frame before the simulation sees it; a result replaces what the simulation would do.
    typealias Interception = @Sendable (_ number: Int, _ frame: Frame) -> [FakeServer.Action]?

    private final class Shared: Sendable {
        let model: Mutex<SimulatedMgmtd>
        let interception = Mutex<Interception?>(nil)
        let tricklesReplies = Mutex(false)
        let earlier = Mutex<[FakeServer.Action]>([])
        let frameCount = Mutex(0)
        init(_ model: SimulatedMgmtd) { self.model = Mutex(model) }
    }

    private let shared: Shared
    let server: FakeServer

    init(_ release: SimulatedMgmtd.Release, setUp: (inout SimulatedMgmtd) -> Void = { _ in }) {
        var model = SimulatedMgmtd(release)
        setUp(&model)
        let shared = Shared(model)
        self.shared = shared
        server = FakeServer { frame, connection in
            guard let frame else {
                shared.model.withLock { $0.disconnected(connection) }
                return []
            }
            let number = shared.frameCount.withLock { count in
                count += 1
                return count
            }
            if let replaced = shared.interception.withLock({ $0 })?(number, frame) { return replaced }
            guard let replies = shared.model.withLock({ $0.answer(frame, connection: connection) }) else {
                return [.close]
            }
            let isTrickling = shared.tricklesReplies.withLock { $0 }
            let earlier = shared.earlier.withLock { actions in
                defer { actions = [] }
                return actions
            }
            return earlier + replies.map { isTrickling ? .trickle($0.encoded) : .send($0.encoded) }
        }
    }

    /// Looks at or changes the simulation.
    func model<Value: Sendable>(_ body: (inout SimulatedMgmtd) -> sending Value) -> Value {
        shared.model.withLock { body(&$0) }
    }

    /// Sets what happens to frames from now on; they are counted from 1 anew.
    func intercept(_ interception: Interception?) {
        shared.frameCount.withLock { $0 = 0 }
        shared.interception.withLock { $0 = interception }
    }

    /// What comes right before the next reply.
    func sendBeforeNextReply(_ actions: [FakeServer.Action]) { shared.earlier.withLock { $0 = actions } }

    /// Every reply comes byte by byte.
    func trickle() { shared.tricklesReplies.withLock { $0 = true } }

    /// Number of frames since the last `intercept`.
    var frameCount: Int { shared.frameCount.withLock { $0 } }

    /// Logs nothing.
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Gives up on locks soon.
    static let hasty: @Sendable (inout MgmtdConfiguration) -> Void = { $0.lockRetry.limit = .milliseconds(60) }

    /// A session with short pauses.
    func session(_ change: (inout MgmtdConfiguration) -> Void = { _ in }) -> MgmtdSession {
        var configuration = MgmtdConfiguration(
            socketPath: server.path, requestDeadline: .seconds(5), stateReadDeadline: .seconds(2),
            lockRetry: .init(minimumPause: .milliseconds(1), maximumPause: .milliseconds(2), limit: .seconds(5)),
            settleInterval: .milliseconds(5), settleDeadline: .seconds(5))
        change(&configuration)
        return MgmtdSession(
            configuration: configuration, logger: Self.quiet)
    }
}

extension StaticPath {
    /// A route of ours, or one that differs from ours in the named part.
    static func blackhole(table: UInt32 = 1790, distance: UInt32 = 1, tag: UInt32 = 100) -> StaticPath {
        StaticPath(table: table, distance: distance, tag: tag, nextHops: [.blackhole])
    }

    static func gateway(_ address: String, table: UInt32 = 0, tag: UInt32 = 0) -> StaticPath {
        StaticPath(
            table: table, distance: 1, tag: tag,
            nextHops: [.init(type: "ip4", vrf: "default", gateway: address, interface: "")])
    }
}

extension Network {
    /// By text, for tests.
    init(_ prefix: String, _ attributeClass: AttributeClass = .default) {
        self.init(prefix: try! IPPrefix(prefix), attributeClass: attributeClass)
    }
}

extension Transaction {
    /// Sets and removes by text.
    init(set: [Network] = [], remove: [String] = []) {
        self.init(id: "test", edits: set.map { .set($0) } + remove.map { .remove(try! IPPrefix($0)) })
    }
}
