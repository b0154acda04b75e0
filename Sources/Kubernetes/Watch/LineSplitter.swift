/// Cuts a stream of bytes into lines at each line feed, whatever the pieces it arrives in.
///
/// A last line without a line feed is never given out: a watch that ends within a line has not said that line.
struct LineSplitter: Sendable {
    private var buffer: [UInt8] = []
    private var consumed = 0
    private var searched = 0
    private let lineByteLimit: Int

    /// - Parameter lineByteLimit: a longer line makes `next()` throw.
    init(lineByteLimit: Int = 16 << 20) {
        self.lineByteLimit = lineByteLimit
    }

    /// How many bytes wait for the rest of their line.
    var pendingByteCount: Int { buffer.count - consumed }

    /// Takes a piece.
    mutating func append(_ bytes: [UInt8]) {
        if consumed == buffer.count {
            buffer = bytes
            consumed = 0
            searched = 0
        } else {
            if consumed > 0 {
                buffer.removeFirst(consumed)
                searched -= consumed
                consumed = 0
            }
            buffer += bytes
        }
    }

    /// The next complete line without its line feed; nil until more bytes come. Empty lines are skipped.
    ///
    /// - Throws: `tooLarge` for a line beyond the limit.
    mutating func next() throws(KubernetesError) -> ArraySlice<UInt8>? {
        while let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = buffer[consumed..<end]
            consumed = end + 1
            searched = consumed
            if line.count > lineByteLimit { throw tooLong }
            if !line.allSatisfy({ $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: " ") }) { return line }
        }
        searched = buffer.count
        if pendingByteCount > lineByteLimit { throw tooLong }
        return nil
    }

    private var tooLong: KubernetesError {
        KubernetesError(code: .tooLarge, message: "a watch event is longer than \(lineByteLimit) bytes")
    }
}
