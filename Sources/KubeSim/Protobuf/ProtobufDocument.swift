/// Reads the protobuf bodies that kubectl's typed commands send (`create namespace`, `create service`).
///
/// The envelope is four magic bytes and a `runtime.Unknown` message:
///
/// | Bytes | Meaning |
/// |---|---|
/// | `6B 38 73 00` | magic, `k8s` and NUL |
/// | field 1 | `TypeMeta`: apiVersion (1), kind (2) |
/// | field 2 | the object, a message of its own |
///
/// Answers are always JSON, which such clients accept as well. Source: the Kubernetes API's `generated.proto` files.
enum ProtobufDocument {
    static let mediaType = "application/vnd.kubernetes.protobuf"

    /// The object of a body as the JSON that it stands for.
    ///
    /// - Throws: 400 for a malformed body, 415 for a kind that is not in the tables.
    static func parse(_ body: [UInt8]) throws(APIStatus) -> JSONValue {
        guard body.starts(with: [0x6B, 0x38, 0x73, 0x00]) else {
            throw .badRequest("the body is not a Kubernetes protobuf document: its magic bytes are missing")
        }
        var reader = ProtobufReader(bytes: body.dropFirst(4))
        var typeMeta: JSONValue = [:]
        var raw: ArraySlice<UInt8> = []
        do throws(ProtobufError) {
            while let field = try reader.next() {
                guard case .bytes(let bytes) = field.value else { continue }
                if field.number == 1 { typeMeta = try ProtobufMessage.typeMeta.decode(bytes) }
                if field.number == 2 { raw = bytes }
            }
        } catch {
            throw .badRequest("the protobuf body is malformed")
        }
        let kind = typeMeta["kind"]?.string ?? ""
        guard let message = ProtobufMessage.byKind[kind] else {
            throw .unsupportedMediaType("\(mediaType) of kind \"\(kind)\"; send it as JSON")
        }
        do throws(ProtobufError) {
            var object = try message.decode(raw)
            object["apiVersion"] = typeMeta["apiVersion"]
            object["kind"] = .string(kind)
            return object
        } catch {
            throw .badRequest("the protobuf body of kind \(kind) is malformed")
        }
    }
}

/// The bytes are not protobuf, or not of the message that they should be.
struct ProtobufError: Error {}

/// Walks over the fields of one message in wire order.
struct ProtobufReader {
    enum Value {
        case varint(UInt64)
        /// Strings, bytes and messages.
        case bytes(ArraySlice<UInt8>)
        /// Numbers of fixed width; no message here has any.
        case fixed
    }

    private var bytes: ArraySlice<UInt8>

    init(bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// The next field, or nil at the end.
    mutating func next() throws(ProtobufError) -> (number: Int, value: Value)? {
        guard !bytes.isEmpty else { return nil }
        let tag = try varint()
        let number = Int(truncatingIfNeeded: tag >> 3)
        switch tag & 7 {
        case 0: return (number, .varint(try varint()))
        case 1:
            _ = try take(8)
            return (number, .fixed)
        case 2:
            let length = try varint()
            guard length <= UInt64(bytes.count) else { throw ProtobufError() }
            return (number, .bytes(try take(Int(length))))
        case 5:
            _ = try take(4)
            return (number, .fixed)
        default: throw ProtobufError()
        }
    }

    private mutating func varint() throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = bytes.popFirst() else { throw ProtobufError() }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw ProtobufError()
    }

    private mutating func take(_ count: Int) throws(ProtobufError) -> ArraySlice<UInt8> {
        guard bytes.count >= count else { throw ProtobufError() }
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count)
    }
}
