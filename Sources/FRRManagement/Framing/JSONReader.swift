internal import Northbound

/// Reads JSON text (RFC 8259) into `JSONValue`.
struct JSONReader {
    /// YANG data of mgmtd nests about 12 deep; the bound keeps hostile text from using up the stack.
    private static let maximumDepth = 64

    private let bytes: [UInt8]
    private var offset = 0

    /// Reads one value and nothing after it but white space.
    ///
    /// - Throws: `protocolViolation` naming the offset and what is wrong there.
    static func read(_ bytes: [UInt8]) throws(ManagementError) -> JSONValue {
        var reader = JSONReader(bytes: bytes)
        let value = try reader.value(depth: 0)
        reader.skipWhiteSpace()
        guard reader.offset == bytes.count else { throw reader.failure("text goes on after the value") }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private func failure(_ reason: String) -> ManagementError {
        ManagementError(.protocolViolation, "JSON, byte \(offset) of \(bytes.count): \(reason)")
    }

    private mutating func skipWhiteSpace() {
        while offset < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[offset]) { offset += 1 }
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: byte) else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws(ManagementError) -> JSONValue {
        guard depth < Self.maximumDepth else { throw failure("nested too deeply") }
        skipWhiteSpace()
        guard offset < bytes.count else { throw failure("text ends where a value should be") }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(ManagementError) -> JSONValue {
        let wanted = Array(text.description.utf8)
        guard bytes[offset...].starts(with: wanted) else { throw failure("not a value") }
        offset += wanted.count
        return value
    }

    private mutating func object(depth: Int) throws(ManagementError) -> JSONValue {
        offset += 1
        var members: [JSONValue.Member] = []
        skipWhiteSpace()
        if take("}") { return .object(members) }
        while true {
            skipWhiteSpace()
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
                throw failure("member name missing")
            }
            let name = try string()
            skipWhiteSpace()
            guard take(":") else { throw failure("colon missing after \"\(name.prefix(32))\"") }
            members.append(JSONValue.Member(name: name, value: try value(depth: depth + 1)))
            skipWhiteSpace()
            if take(",") { continue }
            guard take("}") else { throw failure("object is not closed") }
            return .object(members)
        }
    }

    private mutating func array(depth: Int) throws(ManagementError) -> JSONValue {
        offset += 1
        var elements: [JSONValue] = []
        skipWhiteSpace()
        if take("]") { return .array(elements) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipWhiteSpace()
            if take(",") { continue }
            guard take("]") else { throw failure("array is not closed") }
            return .array(elements)
        }
    }

    private mutating func number() throws(ManagementError) -> String {
        let start = offset
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "-") { offset += 1 }
        let digits = skipDigits()
        guard digits > 0, digits == 1 || bytes[offset - digits] != UInt8(ascii: "0") else {
            throw failure("not a value")
        }
        if take(".") {
            guard skipDigits() > 0 else { throw failure("digits missing after the point") }
        }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard skipDigits() > 0 else { throw failure("digits missing in the exponent") }
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func skipDigits() -> Int {
        let start = offset
        while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) { offset += 1 }
        return offset - start
    }

    private mutating func string() throws(ManagementError) -> String {
        offset += 1
        let start = offset
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\""), bytes[offset] != UInt8(ascii: "\\") {
            guard bytes[offset] >= 0x20 else { throw failure("control character in a string") }
            offset += 1
        }
        var text = String(decoding: bytes[start..<offset], as: UTF8.self)
        while !take("\"") {
            guard offset < bytes.count else { throw failure("string is not closed") }
            if take("\\") {
                text.unicodeScalars.append(try escape())
            } else {
                let from = offset
                while offset < bytes.count, bytes[offset] != UInt8(ascii: "\""), bytes[offset] != UInt8(ascii: "\\") {
                    guard bytes[offset] >= 0x20 else { throw failure("control character in a string") }
                    offset += 1
                }
                text += String(decoding: bytes[from..<offset], as: UTF8.self)
            }
        }
        return text
    }

    private mutating func escape() throws(ManagementError) -> Unicode.Scalar {
        guard offset < bytes.count else { throw failure("string is not closed") }
        let kind = bytes[offset]
        offset += 1
        switch kind {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try hexadecimalUnit()
            guard (0xD800...0xDBFF).contains(unit) else {
                guard let scalar = Unicode.Scalar(unit) else { throw failure("unpaired surrogate") }
                return scalar
            }
            guard take("\\"), take("u") else { throw failure("unpaired surrogate") }
            let low = try hexadecimalUnit()
            guard (0xDC00...0xDFFF).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
            else { throw failure("unpaired surrogate") }
            return scalar
        default: throw failure("unknown escape")
        }
    }

    private mutating func hexadecimalUnit() throws(ManagementError) -> UInt32 {
        guard offset + 4 <= bytes.count,
            bytes[offset..<(offset + 4)].allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
            let unit = UInt32(String(decoding: bytes[offset..<(offset + 4)], as: UTF8.self), radix: 16)
        else { throw failure("\\u without four hexadecimal digits") }
        offset += 4
        return unit
    }
}
