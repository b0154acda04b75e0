internal import Northbound

/// Cuts a byte stream into frames. Takes any split; after an error the stream is lost and the connection must go.
struct FrameParser: Sendable {
    /// Replies larger than this are refused. 5 000 routes dump as 6 MB, so there is room for a hundred thousand.
    static let defaultMaximumByteCount = 256 << 20

    private let maximumByteCount: Int
    private var buffer: [UInt8] = []
    private var start = 0

    init(maximumByteCount: Int = Self.defaultMaximumByteCount) {
        self.maximumByteCount = maximumByteCount
    }

    /// Bytes of an unfinished frame.
    var pendingByteCount: Int { buffer.count - start }

    /// Takes bytes as they arrive.
    mutating func append(_ bytes: [UInt8]) {
        compact()
        buffer += bytes
    }

    /// Lets a reader append to the buffer directly.
    mutating func withBuffer<Value, Failure: Error>(
        _ body: (inout [UInt8]) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        compact()
        return try body(&buffer)
    }

    /// The next whole frame, or nil when more bytes are needed.
    ///
    /// - Throws: `protocolViolation` for a wrong marker, a version that does not exist, or a length below 8 or above
    ///   the maximum. The length is checked before anything is kept for it.
    mutating func next() throws(ManagementError) -> Frame? {
        guard pendingByteCount >= Frame.headerByteCount else { return nil }
        let marker = buffer.integer(at: start, as: UInt32.self)
        let length = Int(buffer.integer(at: start + 4, as: UInt32.self))
        guard marker & 0xFFFF_FF00 == Frame.marker else {
            throw ManagementError(
                .protocolViolation, "frame starts with 0x\(String(marker, radix: 16)), which is no mgmtd marker")
        }
        guard let version = FrameVersion(rawValue: UInt8(truncatingIfNeeded: marker)) else {
            throw ManagementError(.protocolViolation, "frame of unknown version \(marker & 0xFF)")
        }
        guard length >= Frame.headerByteCount, length <= maximumByteCount else {
            throw ManagementError(
                .protocolViolation,
                "frame length \(length) is not between \(Frame.headerByteCount) and \(maximumByteCount)")
        }
        guard pendingByteCount >= length else { return nil }
        let body = Array(buffer[(start + Frame.headerByteCount)..<(start + length)])
        start += length
        return Frame(version: version, body: body)
    }

    /// Drops what was taken once it is half of the buffer, so that each byte is moved a bounded number of times.
    private mutating func compact() {
        guard start > 0, start >= buffer.count - start else { return }
        buffer.removeFirst(start)
        start = 0
    }
}
