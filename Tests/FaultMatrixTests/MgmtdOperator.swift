import Foundation
import Logging
import NetworkTypes
import Northbound

@testable import FRRManagement

/// Another client of mgmtd, which reads, locks and edits as it is told and heals nothing.
///
/// The only owner of its channel; every step runs on a thread of its own, one at a time.
final class MgmtdOperator: OperatorSession, @unchecked Sendable {
    // Used from one step at a time: each step is awaited before the next one begins.
    private var channel: Channel?

    private init(channel: Channel) { self.channel = channel }

    /// Connects past the relay.
    static func connect(_ socket: String) async throws -> MgmtdOperator {
        try await onThread { MgmtdOperator(channel: try .open(socket)) }
    }

    /// Reads running, takes both locks at once, commits whatever the shared candidate holds, and reads running again.
    static func takeStock(_ socket: String) async throws -> Stock {
        let other = try await connect(socket)
        let stock = try await other.step { channel in
            let running = try networks(channel)
            if let refusal = try channel.tryLockBoth() {
                return Stock(
                    running: running, lockRefusal: refusal, commitRefusal: nil, runningAfterCommit: running)
            }
            let reply = try channel.connection.request(
                .commit(.apply), session: channel.session, within: .seconds(30))
            let after = try networks(channel)
            try channel.unlockAll()
            return Stock(
                running: running, lockRefusal: nil, commitRefusal: reply.failure?.text, runningAfterCommit: after)
        }
        await other.close()
        return stock
    }

    private static func networks(_ channel: Channel) throws -> Set<Network> {
        let ownership = channel.configuration.ownership
        let routes = try channel.readRoutes(of: nil).routes
        return Set(
            routes.flatMap { prefix, paths in
                paths.filter(ownership.owns).compactMap { path in
                    ownership.attributeClass(of: path.tag).map { Network(prefix: prefix, attributeClass: $0) }
                }
            })
    }

    func lock() async throws {
        try await step { channel in
            if let refusal = try channel.tryLock(.candidate) { throw ManagementError(.locked, refusal) }
        }
    }

    func edit(_ network: Network) async throws {
        try await step { channel in
            let ownership = channel.configuration.ownership
            let tag = ownership.tag(of: network.attributeClass) ?? 0
            let plan = RoutePlan(putting: network.prefix, tag: tag)
            let schema = channel.release.schema
            let batches =
                channel.release.dialect == .native
                ? plan.treeBatches(schema: schema, ownership: ownership, limits: .small)
                : plan.leafBatches(schema: schema, ownership: ownership, limits: .small)
            for batch in batches {
                if let failure = try channel.request(.edit(batch)).failure {
                    throw ManagementError(.rejected, failure.text)
                }
            }
        }
    }

    func unlock() async throws {
        try await step { channel in try channel.unlockAll() }
    }

    /// Up to 10.3 the end of a connection throws away what others have in the candidate: hence under its lock.
    func close() async {
        _ = try? await step { channel in
            if channel.heldLocks.isEmpty { _ = try channel.tryLock(.candidate) }
        }
        channel = nil
    }

    private func step<Value: Sendable>(_ body: @escaping @Sendable (Channel) throws -> Value) async throws -> Value {
        try await Self.onThread { [self] in
            guard let channel else { throw ManagementError(.disconnected, "the operator has left") }
            return try body(channel)
        }
    }

    private static func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// A client that only watches, from threads that may block.
///
/// mgmtd does one thing after the other: once it has answered several reads, it has done with an earlier request all
/// that it can do by itself.
final class Bystander: @unchecked Sendable {
    private let socket: String
    // Used by one case at a time: its strike comes before its relief.
    private var channel: Channel?

    init(_ socket: String) { self.socket = socket }

    /// Reads running some times. Stays connected, as the end of a connection would disturb others up to 10.3.
    func letMgmtdCatchUp() {
        do {
            let channel = try channel ?? .open(socket)
            self.channel = channel
            for _ in 0..<20 { _ = try channel.readRoutes(of: nil) }
        } catch {
            channel = nil
        }
    }

    /// Ends the connection.
    func leave() { channel = nil }
}

extension Channel {
    /// A channel without a session around it, which heals nothing.
    fileprivate static func open(_ socket: String) throws -> Channel {
        let configuration = MgmtdConfiguration(socketPath: socket)
        let name = ClientName.next(prefix: "operator")
        let connection = try Connection(
            socketPath: socket, dialect: .protobuf(hasNativeReads: true), logger: CaseLog.logger)
        let finding = try Prober(connection: connection, clientName: name, deadline: .seconds(5)).run()
        return Channel(
            connection: connection, clientName: name, finding: finding, configuration: configuration,
            logger: CaseLog.logger, pauseFor: { _ in })
    }
}
