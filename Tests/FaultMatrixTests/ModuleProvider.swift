import CosmoletTesting
import Foundation
import NetworkTypes
import Northbound
import NorthboundRPC

extension WireFraming {
    /// ZMTP 3 (rfc.zeromq.org/spec/23): a greeting that libzmq sends in three pieces, each after the other side's one
    /// before; then frames with flags and a length of one byte or of eight.
    static let zmtp = WireFraming(name: "ZMTP") { bytes, index in
        switch index {
        case 0: return 10
        case 1: return 1
        case 2: return 53
        default: break
        }
        guard let flags = bytes.first else { return nil }
        let isLong = flags & 2 != 0
        let header = isLong ? 9 : 2
        guard bytes.count >= header else { return nil }
        let length = bytes[(bytes.startIndex + 1)..<(bytes.startIndex + header)]
        return header + length.reduce(0) { $0 << 8 | Int($1) }
    }
}

extension ProviderUnderTest {
    /// The module inside bgpd on a node of the lab; nil where bgpd does not have it.
    static func module(on node: LabDescription.Node, of lab: Lab) -> ProviderUnderTest? {
        guard let socket = node.northboundSocket else { return nil }
        let daemons = DaemonSignals(lab: lab, member: node.name)
        return ProviderUnderTest(
            name: "bgpd", frrVersion: node.frrVersion, socketPath: socket, framing: .zmtp,
            makeSession: { ModuleSession(configuration: configuration($0)) },
            isCommit: { frame in
                // Of the two frames of a request the second: its edits name classes, which nothing else does.
                frame.direction == .toServer && frame.bytes.firstRange(of: Array("COSMOLET-default".utf8)) != nil
            },
            spoil: [
                SpoiledEdit(name: "a leaf that there is not, refused when it is read") {
                    FrameEdit.replacing("rmap-policy-export", by: "rmap-policy-exporx", after: $1, in: $0)
                },
                SpoiledEdit(name: "a class that there is not, refused by the check of the whole") {
                    FrameEdit.replacing("COSMOLET-default", by: "COSMOLET-defaulx", after: $1, in: $0)
                },
            ],
            processFaults: processFaults(daemons),
            revive: {
                guard !daemons.isRunning("bgpd") else { return [] }
                try await daemons.restart("bgpd", loadsConfiguration: true)
                return ["bgpd"]
            },
            takeStock: { try await takeStock(socket) }, operatorSession: nil)
    }

    /// Without heartbeats in the time of a test: a case counts the frames of its commit.
    private static func configuration(_ path: String) -> ModuleConfiguration {
        ModuleConfiguration(
            socketPath: path, requestDeadline: .seconds(5), commitDeadline: .seconds(10),
            heartbeatInterval: .seconds(3600))
    }

    private static func processFaults(_ daemons: DaemonSignals) -> [ProcessFault] {
        [
            ProcessFault(
                name: "bgpd stopped", strike: { daemons.send(SIGSTOP, to: "bgpd") },
                relieve: { daemons.send(SIGCONT, to: "bgpd") }),
            ProcessFault(
                // What was sent waits in bgpd's socket, and bgpd comes to it after the session has given it up.
                name: "bgpd stopped and connection cut", strike: { daemons.send(SIGSTOP, to: "bgpd") },
                cutsConnection: true, relieve: { daemons.send(SIGCONT, to: "bgpd") }),
            ProcessFault(
                name: "bgpd killed", strike: { daemons.send(SIGKILL, to: "bgpd") },
                repair: { attempt in
                    guard attempt == 0 || !daemons.isRunning("bgpd") else { return }
                    try await daemons.restart("bgpd", loadsConfiguration: true)
                }),
        ]
    }

    /// Reads past the relay, commits something that changes nothing, and reads again.
    private static func takeStock(_ socket: String) async throws -> Stock {
        let other = ModuleSession(configuration: configuration(socket))
        _ = try await other.open()
        let running = try await other.networks()
        let absent = try IPPrefix("203.0.113.99/32")
        let result = await other.commit(Transaction(id: "stock", edits: [.remove(absent)]))
        let after = try await other.networks()
        await other.close()
        return Stock(
            running: running, lockRefusal: nil,
            commitRefusal: result.outcome == .applied ? nil : "\(result.outcome)", runningAfterCommit: after)
    }
}
