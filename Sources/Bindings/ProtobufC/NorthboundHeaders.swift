extension NorthboundWire {
    /// First frame of a request.
    public struct RequestHeader: NorthboundMessage {
        /// Major version of the API that the client speaks.
        public var apiMajor: UInt32?
        /// Minor version.
        public var apiMinor: UInt32?
        /// Name of the service.
        public var service: String?
        /// Name of the method.
        public var method: String?
        /// The client's name for this request.
        public var requestID: String?
        /// Who asks.
        public var client: String?
        /// Time that the client still waits.
        public var deadlineMilliseconds: UInt32?
        /// Bits, see `RequestFlag` in the `.proto`.
        public var flags: UInt32?

        /// Makes a message without any field.
        public init() {}
    }

    /// First frame of a reply.
    public struct ReplyHeader: NorthboundMessage {
        /// Major version of the API that the service speaks.
        public var apiMajor: UInt32?
        /// Minor version.
        public var apiMinor: UInt32?
        /// Of the request.
        public var requestID: String?
        /// Number of a gRPC status code.
        public var statusCode: UInt32?
        /// What went wrong.
        public var statusMessage: String?
        /// More replies to the same request follow.
        public var more: Bool?

        /// Makes a message without any field.
        public init() {}
    }

    /// A request or a reply that says all by being there.
    public struct Empty: NorthboundMessage {
        /// Makes a message without any field.
        public init() {}
    }

    /// Asks whether the service lives.
    public struct Ping: NorthboundMessage {
        /// Repeated in the answer.
        public var sequence: UInt64?

        /// Makes a message without any field.
        public init() {}
    }

    /// Answers a ping.
    public struct Pong: NorthboundMessage {
        /// Of the ping.
        public var sequence: UInt64?
        /// Name of this run of the service.
        public var instance: String?
        /// Last sequence number of the journal.
        public var journalSequence: Int64?

        /// Makes a message without any field.
        public init() {}
    }
}
