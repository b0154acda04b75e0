import Foundation
import Glibc
import Synchronization

/// A TCP port in front of a server's Unix socket, as a load balancer is: it counts connections, can lead new ones to
/// another server, and can cut those that are open.
final class Relay: Sendable {
    private struct State {
        var target: String
        var open: [Int32] = []
        var acceptedCount = 0
    }

    let port: UInt16
    private let listener: Int32
    private let state: Mutex<State>

    /// - Parameter target: path of the socket.
    init(target: String) throws {
        (listener, port) = try listenOnLoopback()
        state = Mutex(State(target: target))
        Thread.detachNewThread { [weak self, listener] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let self else { break }
                self.serve(client)
            }
            close(listener)
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        cut()
    }

    /// Connections accepted so far.
    var acceptedCount: Int { state.withLock { $0.acceptedCount } }

    /// Connections that are open.
    var openCount: Int { state.withLock { $0.open.count / 2 } }

    /// Leads new connections there.
    func lead(to target: String) { state.withLock { $0.target = target } }

    /// Closes all connections that are open.
    func cut() {
        state.withLock { state in
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    private func serve(_ client: Int32) {
        let target = state.withLock { state in
            state.acceptedCount += 1
            return state.target
        }
        guard let server = connectUnix(target) else {
            close(client)
            return
        }
        state.withLock { $0.open += [client, server] }
        let copies = DispatchGroup()
        for (from, to) in [(client, server), (server, client)] {
            copies.enter()
            Thread.detachNewThread {
                var bytes = [UInt8](repeating: 0, count: 64 << 10)
                while true {
                    let count = recv(from, &bytes, bytes.count, 0)
                    guard count > 0, sendAll(to, bytes[..<count]) else { break }
                }
                shutdown(from, Int32(SHUT_RDWR))
                shutdown(to, Int32(SHUT_RDWR))
                copies.leave()
            }
        }
        copies.notify(queue: .global()) { [weak self] in
            // Out of the list first: a closed number may soon be another's.
            self?.state.withLock { $0.open.removeAll { $0 == client || $0 == server } }
            close(client)
            close(server)
        }
    }
}

/// Listens on a free port of loopback.
func listenOnLoopback() throws -> (descriptor: Int32, port: UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var one: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
                && getsockname(listener, pointer, &length) == 0
        }
    }
    guard isBound else { throw POSIXError(.EADDRINUSE) }
    return (listener, UInt16(bigEndian: address.sin_port))
}

/// Connects to a Unix socket; nil when nobody listens there.
func connectUnix(_ path: String) -> Int32? {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let isConnected = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
        }
    }
    if isConnected { return descriptor }
    close(descriptor)
    return nil
}

/// False when the peer is gone.
func sendAll(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
    }
    return true
}
