import Bindings
import Foundation

@testable import FRRManagement

extension Frame {
    /// COMMIT that applies.
    var isApply: Bool {
        switch version {
        case .protobuf:
            guard case .commit(_, _, false, false)? = try? FrontEndMessage(decoding: body) else { return false }
            return true
        case .native:
            guard let message = try? NativeMessage(decoding: body), message.code == NativeMessage.Code.commit else {
                return false
            }
            return message.payload[2] == CommitAction.apply.rawValue
        }
    }

    /// A read of zebra's RIB.
    var isStateRead: Bool {
        guard version == .native, let message = try? NativeMessage(decoding: body) else { return false }
        return message.code == NativeMessage.Code.getData && message.payload[1] == 1
    }

    /// A lock or unlock of running or candidate.
    var lockRequest: (datastore: Int, take: Bool)? {
        switch version {
        case .protobuf:
            guard case .lock(_, _, let datastore, let take)? = try? FrontEndMessage(decoding: body), datastore < 3
            else { return nil }
            return (Int(datastore), take)
        case .native:
            guard let message = try? NativeMessage(decoding: body), message.code == NativeMessage.Code.lock else {
                return nil
            }
            return (Int(message.payload[0]), message.payload[1] != 0)
        }
    }
}

extension Dialect {
    /// The reply to a COMMIT that went well.
    func successOfCommit(_ frame: Frame) throws -> [UInt8] {
        switch frame.version {
        case .protobuf:
            guard case .commit(let session, let request, _, _) = try FrontEndMessage(decoding: frame.body) else {
                return []
            }
            let reply = FrontEndMessage.commitReply(
                sessionID: session, requestID: request, validateOnly: false, result: .init(isSuccess: true))
            return Frame(version: .protobuf, body: reply.encoded()).encoded
        case .native:
            var message = try NativeMessage(decoding: frame.body)
            message.code = NativeMessage.Code.commitReply
            return Frame(version: .native, body: message.encoded).encoded
        }
    }
}

/// A line of a capture file: direction, meaning, frame in hexadecimal.
struct Capture: Sendable {
    var isRequest: Bool
    var meaning: String
    var bytes: [UInt8]

    static let names = [
        "detection-hello", "frr-9.1.3-protobuf-add-remove-vip", "frr-10.3-protobuf-add-vip", "frr-10.3-protobuf-other",
        "frr-10.5.4-native-add-remove-vip", "frr-10.7.1-native-add-vip", "frr-10.7.1-native-other",
    ]

    /// The frame, cut by the parser under test.
    var frame: Frame {
        get throws {
            var parser = FrameParser()
            parser.append(bytes)
            guard let frame = try parser.next(), parser.pendingByteCount == 0 else {
                throw CocoaError(.fileReadCorruptFile)
            }
            return frame
        }
    }

    static func load(_ name: String) throws -> [Capture] {
        guard let url = Bundle.module.url(forResource: name, withExtension: "txt", subdirectory: "Captures") else {
            throw CocoaError(.fileNoSuchFile)
        }
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
            line in
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard columns.count == 3 else { throw CocoaError(.fileReadCorruptFile) }
            let digits = Array(columns[2])
            let bytes = try stride(from: 0, to: digits.count, by: 2).map { index in
                guard let byte = UInt8(String(digits[index...(index + 1)]), radix: 16) else {
                    throw CocoaError(.fileReadCorruptFile)
                }
                return byte
            }
            return Capture(isRequest: columns[0] == "C>S", meaning: String(columns[1]), bytes: bytes)
        }
    }
}
