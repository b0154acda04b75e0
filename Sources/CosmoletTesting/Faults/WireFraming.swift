/// How a byte stream is cut into frames, so that a fault can be put between any two of them.
public struct WireFraming: Sendable {
    /// Tells the length of the frame at the start of some bytes, its header included; nil while there are too few bytes
    /// to tell. The index counts the frames of one direction from 0, as a protocol may begin with a greeting.
    public typealias Length = @Sendable (_ bytes: ArraySlice<UInt8>, _ index: Int) -> Int?

    /// For reports.
    public let name: String
    let length: Length

    /// Makes a framing.
    public init(name: String, length: @escaping Length) {
        self.name = name
        self.length = length
    }
}

/// Cuts one direction of a connection into frames.
struct FrameCutter {
    private let framing: WireFraming
    private var bytes: [UInt8] = []
    private var index = 0

    init(_ framing: WireFraming) { self.framing = framing }

    mutating func append(_ more: [UInt8]) { bytes += more }

    /// The next whole frame, nil when more bytes are needed.
    mutating func next() -> [UInt8]? {
        guard let length = framing.length(bytes[...], index), length > 0, length <= bytes.count else { return nil }
        let frame = Array(bytes[..<length])
        bytes.removeFirst(length)
        index += 1
        return frame
    }
}
