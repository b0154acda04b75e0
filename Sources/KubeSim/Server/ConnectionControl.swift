import Glibc
internal import NIOCore

/// The hold that faults have on one client connection, below HTTP and TLS.
struct ConnectionControl: Sendable {
    private let channel: any Channel

    init(_ channel: any Channel) { self.channel = channel }

    /// The loop whose timers belong to this connection.
    var eventLoop: any EventLoop { channel.eventLoop }

    /// Closes the socket at once, without a proper end in HTTP or TLS.
    ///
    /// With a reset the peer sees ECONNRESET and may lose what it has not read; without, it reads what was sent, then
    /// the end of the stream. Writes that were handed over before this call are flushed first.
    func cut(withReset isReset: Bool) {
        if isReset, let socket = channel as? any SocketOptionProvider {
            // A linger time of zero makes close() send RST.
            _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        let channel = channel
        channel.eventLoop.execute {
            // Past the pipeline on purpose: the TLS handler would say goodbye properly.
            channel._channelCore.close0(error: ChannelError.alreadyClosed, mode: .all, promise: nil)
        }
    }

    /// Cuts the connection, without reset, unless it has closed by itself by then.
    func cutIfStillOpen(after delay: TimeAmount) {
        let channel = channel
        let timer = channel.eventLoop.scheduleTask(in: delay) { self.cut(withReset: false) }
        channel.closeFuture.whenComplete { _ in timer.cancel() }
    }
}
