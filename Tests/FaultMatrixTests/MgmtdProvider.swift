import Bindings
import CosmoletTesting
import Foundation
import Logging
import NetworkTypes
import Northbound

@testable import FRRManagement

extension WireFraming {
    /// mgmtd's: marker, length of the whole frame, body (docs/frr-management.md).
    static let mgmtd = WireFraming(name: "mgmtd") { bytes, _ in
        guard bytes.count >= 8 else { return nil }
        let length = bytes[(bytes.startIndex + 4)..<(bytes.startIndex + 8)]
        return Int(length.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
    }
}

extension ProviderUnderTest {
    /// Stock FRR on a node of the lab, through mgmtd.
    static func mgmtd(on node: LabDescription.Node, of lab: Lab) -> ProviderUnderTest {
        let socket = node.managementSocket
        let daemons = DaemonSignals(lab: lab, member: node.name)
        return ProviderUnderTest(
            name: "mgmtd", frrVersion: node.frrVersion, socketPath: socket, framing: .mgmtd,
            makeSession: { path in
                MgmtdSession(
                    configuration: MgmtdConfiguration(
                        socketPath: path,
                        lockRetry: .init(
                            minimumPause: .milliseconds(20), maximumPause: .milliseconds(100), limit: .seconds(2)),
                        settleInterval: .milliseconds(100)),
                    logger: CaseLog.logger)
            },
            isCommit: MgmtdFrames.isApply,
            spoil: [
                SpoiledEdit(name: "a value of the wrong type, refused by libyang") {
                    MgmtdFrames.replacing("100", by: "1x0", after: $1, in: $0)
                },
                SpoiledEdit(name: "a reserved interface name, refused by staticd's validation") {
                    MgmtdFrames.replacing("(null)", by: "reject", after: $1, in: $0)
                },
            ],
            processFaults: processFaults(daemons, Bystander(socket)),
            revive: {
                // 10.3 may crash over the answer to a client that went during its commit.
                var revived: [String] = []
                for daemon in ["mgmtd", "staticd"] where !daemons.isRunning(daemon) {
                    try await daemons.restart(daemon, loadsConfiguration: daemon == "mgmtd")
                    revived.append(daemon)
                }
                return revived
            },
            takeStock: { try await MgmtdOperator.takeStock(socket) },
            operatorSession: { try await MgmtdOperator.connect(socket) })
    }

    private static func processFaults(_ daemons: DaemonSignals, _ bystander: Bystander) -> [ProcessFault] {
        [
            ProcessFault(
                name: "staticd stopped", strike: { daemons.send(SIGSTOP, to: "staticd") },
                relieve: { daemons.send(SIGCONT, to: "staticd") }),
            ProcessFault(
                // A commit is then cut off while staticd has it, as mgmtd has done all it can do without staticd.
                name: "staticd stopped and connection cut",
                strike: {
                    daemons.send(SIGSTOP, to: "staticd")
                    bystander.letMgmtdCatchUp()
                }, cutsConnection: true,
                relieve: {
                    bystander.letMgmtdCatchUp()
                    daemons.send(SIGCONT, to: "staticd")
                    bystander.leave()
                }),
            ProcessFault(
                name: "staticd killed", strike: { daemons.send(SIGKILL, to: "staticd") },
                repair: { attempt in
                    if attempt == 0 { try await daemons.restart("staticd") }
                }),
            ProcessFault(
                name: "mgmtd killed", strike: { daemons.send(SIGKILL, to: "mgmtd") },
                repair: { attempt in
                    // A staticd that lives on keeps the routes, from which the session puts running in order again. It
                    // may also upset the new mgmtd (docs/frr-management.md, "One more"): then it is restarted too.
                    if attempt == 0 || !daemons.isRunning("mgmtd") {
                        try await daemons.restart("mgmtd", loadsConfiguration: true)
                    } else {
                        try await daemons.restart("staticd")
                    }
                }),
        ]
    }
}

/// What the matrix knows of mgmtd's frames.
enum MgmtdFrames {
    /// True for COMMIT(apply) in either dialect.
    static func isApply(_ frame: RelayedFrame) -> Bool {
        guard frame.direction == .toServer else { return false }
        var parser = FrameParser()
        parser.append(frame.bytes)
        guard let frame = try? parser.next() else { return false }
        switch frame.version {
        case .native:
            guard let message = try? NativeMessage(decoding: frame.body) else { return false }
            return message.code == NativeMessage.Code.commit && message.payload.count > 2
                && message.payload[2] == CommitAction.apply.rawValue
        case .protobuf:
            guard case .commit(_, _, false, false)? = try? FrontEndMessage(decoding: frame.body) else { return false }
            return true
        }
    }

    /// The frame with the first occurrence of a text behind a prefix replaced by one of the same length, so that no
    /// length around it changes.
    static func replacing(
        _ text: String, by other: String, after prefix: IPPrefix, in frame: RelayedFrame
    ) -> [UInt8]? {
        precondition(text.utf8.count == other.utf8.count)
        guard frame.direction == .toServer, let place = frame.bytes.firstRange(of: Array("\(prefix)".utf8)),
            let range = frame.bytes[place.upperBound...].firstRange(of: Array(text.utf8))
        else { return nil }
        var bytes = frame.bytes
        bytes.replaceSubrange(range, with: Array(other.utf8))
        return bytes
    }
}
