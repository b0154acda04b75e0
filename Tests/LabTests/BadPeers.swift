import Bindings
import CosmoletTesting
import Foundation
import Glibc
import Synchronization

/// A ZeroMQ peer that may send but never reads, on a thread of its own.
final class SilentPeer: Sendable {
    /// Messages that libzmq took.
    let sent = Observed(0)
    private let failure = Mutex<String?>(nil)
    private let isStopping = Atomic(false)
    private let isGone = Observed(false)

    /// Connects, and sends message after message, `interval` milliseconds apart, until `stop()`.
    ///
    /// - Parameter message: frames of the message of this number; nil for a peer that does not send.
    init(
        _ kind: ZeroMQSocket.Kind, _ endpoint: String, interval: Int32 = 1,
        message: (@Sendable (Int) throws -> [[UInt8]])? = nil
    ) {
        // libzmq's address of a zmq+ipc:// endpoint.
        let address = endpoint.replacingOccurrences(of: "zmq+", with: "")
        Thread.detachNewThread { [self] in
            do { try run(kind, address, interval, message) } catch { failure.withLock { $0 = "\(error)" } }
            isGone.update { $0 = true }
        }
    }

    /// Vanishes, without a farewell.
    ///
    /// - Throws: what went wrong on the thread.
    func stop() async throws {
        isStopping.store(true, ordering: .relaxed)
        _ = try await isGone.wait(for: "end of a silent peer") { $0 }
        if let failure = failure.withLock({ $0 }) { throw PeerError(description: failure) }
    }

    private func run(
        _ kind: ZeroMQSocket.Kind, _ address: String, _ interval: Int32, _ message: ((Int) throws -> [[UInt8]])?
    ) throws {
        let context = try ZeroMQContext()
        defer { context.terminate() }
        var options = ZeroMQSocketOptions()
        options.receiveLimit = 1
        options.sendLimit = 1
        let socket = try ZeroMQSocket(kind, context: context, options: options)
        defer { socket.close(discardsUnsent: true) }
        if kind == .subscriber { try socket.subscribe([]) }
        try socket.connect(address)
        var number = 0
        while !isStopping.load(ordering: .relaxed) {
            if let message, try socket.send(try message(number)) == .sent {
                number += 1
                sent.update { [number] in $0 = number }
            }
            poll(nil, 0, interval)
        }
    }
}

/// What went wrong on a peer's thread.
struct PeerError: Error, CustomStringConvertible {
    let description: String
}

/// Bytes that are no ZeroMQ, or stop being it, sent to a socket file by peers that hang up.
enum GarbagePeers {
    /// ZMTP's greeting with mechanism NULL (rfc.zeromq.org/spec/23): what follows is read as frames.
    private static let greeting: [UInt8] =
        [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0] + Array("NULL".utf8) + [UInt8](repeating: 0, count: 48)

    /// Many of them, one after the other.
    static func visit(_ endpoint: String, rounds: Int, seed: UInt64) throws {
        let path = endpoint.replacingOccurrences(of: "zmq+ipc://", with: "")
        var generator = SeededGenerator(seed: seed)
        for round in 0..<rounds {
            let socket = try UnixStreamSocket(connectingTo: path)
            let noise = (0..<Int.random(in: 0...4096, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let bytes: [UInt8] =
                switch round % 4 {
                case 0: noise
                case 1: greeting + noise
                // A frame that is announced with 2^62 bytes.
                case 2: greeting + [0x02, 0x40] + [UInt8](repeating: 0, count: 7) + noise
                default: []
                }
            // The other side may have hung up already.
            try? socket.send(bytes, until: .now + .seconds(1))
        }
    }
}
