internal import CZeroMQ

/// libzmq's set of sockets and the I/O thread that moves their bytes: a `zmq_ctx`.
///
/// Any thread may use it. Each owner of sockets makes a context of its own, so that closing one waits for nobody else's
/// unsent messages, and so that each has its own `inproc://` names (the CURVE authenticator listens on one).
@safe
public final class ZeroMQContext: @unchecked Sendable {
    // Sendable, since libzmq's contexts are safe to use from any thread, and the pointer is not given out after
    // `terminate()`, which the owner calls last.
    private var pointer: UnsafeMutableRawPointer?

    /// Makes a context; the I/O thread starts with the first socket.
    ///
    /// - Throws: `system` when there are no descriptors left.
    public init() throws(ZeroMQError) {
        guard let pointer = unsafe zmq_ctx_new() else { throw .last("zmq_ctx_new") }
        unsafe self.pointer = pointer
    }

    deinit {
        assert(unsafe pointer == nil, "a ZeroMQContext was dropped without terminate()")
    }

    /// Ends the context. All its sockets must be closed. Blocks until their unsent messages are sent or their linger
    /// has passed, so no longer than the longest linger. May be called again.
    public func terminate() {
        guard let pointer = unsafe pointer else { return }
        unsafe self.pointer = nil
        // Only a signal makes it fail, and then it is to be called again.
        while unsafe zmq_ctx_term(pointer) != 0 {}
    }

    func makeSocket(_ type: Int32) throws(ZeroMQError) -> UnsafeMutableRawPointer {
        guard let pointer = unsafe pointer else {
            throw ZeroMQError(code: .terminated, message: "the context is terminated")
        }
        guard let socket = unsafe zmq_socket(pointer, type) else { throw .last("zmq_socket") }
        return unsafe socket
    }
}
