/// The family of a frame's body, the low byte of its marker.
enum FrameVersion: UInt8, Sendable {
    /// A packed `FeMessage` (FRR 9.0 to 10.3).
    case protobuf = 0
    /// A native message (FRR 10.0 and later).
    case native = 1
}

/// One message on the management socket.
///
/// | Offset | Size | Field |
/// |---|---|---|
/// | 0 | 4 | marker `0x23232300 + version`, host byte order |
/// | 4 | 4 | length of the whole frame, these 8 bytes included, host byte order |
/// | 8 | length − 8 | body |
///
/// Source: FRR `lib/mgmt_msg.c`, `lib/mgmt_msg.h`.
struct Frame: Sendable, Hashable {
    /// Bytes before the body.
    static let headerByteCount = 8

    /// Marker without its version byte.
    static let marker: UInt32 = 0x2323_2300

    var version: FrameVersion
    var body: [UInt8]

    /// Header and body. The length comes from the body and is never zero (hazard 2).
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerByteCount + body.count)
        bytes.appendInteger(Self.marker + UInt32(version.rawValue))
        bytes.appendInteger(UInt32(Self.headerByteCount + body.count))
        bytes += body
        return bytes
    }

    /// Size on the wire.
    var byteCount: Int { Self.headerByteCount + body.count }
}

extension [UInt8] {
    /// Appends an integer in host byte order, as mgmtd reads it.
    mutating func appendInteger(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value) { append(contentsOf: $0) }
    }

    /// Reads an integer in host byte order.
    ///
    /// - Precondition: the bytes are there.
    func integer<Integer: FixedWidthInteger>(at offset: Int, as type: Integer.Type = Integer.self) -> Integer {
        precondition(offset >= 0 && offset + MemoryLayout<Integer>.size <= count)
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Integer.self) }
    }
}
