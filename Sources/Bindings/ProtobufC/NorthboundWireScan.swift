internal import CMessages
internal import CProtobufC

/// Checks packed bytes against a generated descriptor, before protobuf-c allocates anything for them.
///
/// protobuf-c alone is too trusting for a peer's bytes: it keeps every unknown field (two bytes cost sixty of memory),
/// merges a message that is given twice, cuts text at a NUL and takes text that is not UTF-8. This walk refuses all of
/// that, bounds every count, and knows which field is wrong. It allocates in proportion to depth, not to the bytes.
///
/// | wire type | after the tag | fields |
/// |---|---|---|
/// | 0 | varint of 1 to 10 bytes | integers, bool, enum |
/// | 1 | 8 bytes | none of ours |
/// | 2 | varint length, then so many bytes | text, messages, packed enums |
/// | 5 | 4 bytes | none of ours |
@safe
struct NorthboundWireScan {
    /// Messages within messages; ours have three levels.
    private static let maximumDepth = 8

    private let bytes: [UInt8]
    private let limits: NorthboundMessageLimits
    private var position = 0
    private var unknownFieldCount = 0
    /// Where the walk is: the message, and the fields that led here. Their names are made when something is wrong.
    private let root: UnsafePointer<ProtobufCMessageDescriptor>
    private var steps: [(field: UnsafePointer<ProtobufCFieldDescriptor>, index: Int?)] = unsafe []

    /// Passes, or throws what is wrong.
    static func check(
        _ bytes: [UInt8], as descriptor: UnsafePointer<ProtobufCMessageDescriptor>, limits: NorthboundMessageLimits
    ) throws(NorthboundMessageError) {
        var scan = unsafe NorthboundWireScan(bytes: bytes, limits: limits, root: descriptor)
        guard bytes.count <= limits.byteCount else {
            throw scan.failure("has \(bytes.count) bytes, at most \(limits.byteCount) are allowed")
        }
        try unsafe scan.message(until: bytes.count, descriptor)
    }

    private init(
        bytes: [UInt8], limits: NorthboundMessageLimits, root: UnsafePointer<ProtobufCMessageDescriptor>
    ) {
        self.bytes = bytes
        self.limits = limits
        unsafe self.root = unsafe root
    }

    private mutating func message(
        until end: Int, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
    ) throws(NorthboundMessageError) {
        var counts = unsafe [Int](repeating: 0, count: Int(descriptor.pointee.n_fields))
        while position < end {
            let start = position
            guard let tag = varint(until: end), tag >> 3 > 0, tag <= UInt64(UInt32.max), position - start <= 5 else {
                throw failure("there is no field tag at byte \(start)")
            }
            let wireType = UInt8(tag & 7)
            let known = unsafe protobuf_c_message_descriptor_get_field(descriptor, UInt32(tag >> 3))
            guard let field = unsafe known else {
                unknownFieldCount += 1
                guard unknownFieldCount <= limits.unknownFieldCount else {
                    throw failure("more than \(limits.unknownFieldCount) fields are unknown")
                }
                _ = try payload(wireType, until: end, name: "field \(tag >> 3)")
                continue
            }
            let index = unsafe field - descriptor.pointee.fields
            let isRepeated = unsafe field.pointee.label == PROTOBUF_C_LABEL_REPEATED
            try unsafe value(of: field, wireType, until: end, count: &counts[index])
            guard isRepeated || counts[index] == 1 else { throw unsafe failure(in: field, "is there twice") }
        }
    }

    /// Walks over one known field and adds to its count.
    private mutating func value(
        of field: UnsafePointer<ProtobufCFieldDescriptor>, _ wireType: UInt8, until end: Int, count: inout Int
    ) throws(NorthboundMessageError) {
        let type = unsafe field.pointee.type
        let isRepeated = unsafe field.pointee.label == PROTOBUF_C_LABEL_REPEATED
        let isDelimited = type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_MESSAGE
        guard wireType == (isDelimited ? 2 : 0) || (wireType == 2 && isRepeated) else {
            throw unsafe failure(in: field, "has wire type \(wireType)")
        }
        let range = try payload(wireType, until: end, name: unsafe String(cString: field.pointee.name))
        if type == PROTOBUF_C_TYPE_MESSAGE || type == PROTOBUF_C_TYPE_STRING || wireType == 0 {
            count += 1
        }
        guard !isRepeated || count <= limits.repeatedCount else {
            throw unsafe failure(in: field, "has more than \(limits.repeatedCount) elements")
        }
        switch type {
        case PROTOBUF_C_TYPE_MESSAGE:
            guard unsafe steps.count + 1 < Self.maximumDepth else {
                throw unsafe failure(in: field, "is nested too deeply")
            }
            unsafe steps.append((field, isRepeated ? count - 1 : nil))
            position = range.lowerBound
            let nested = unsafe field.pointee.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
            try unsafe message(until: range.upperBound, nested)
            unsafe steps.removeLast()
        case PROTOBUF_C_TYPE_STRING:
            if let reason = textProblem(in: range) {
                throw unsafe failure(in: field, reason, index: isRepeated ? count - 1 : nil)
            }
        default:
            position = range.lowerBound
            while position < range.upperBound {
                if wireType == 2 { count += 1 }
                guard !isRepeated || count <= limits.repeatedCount else {
                    throw unsafe failure(in: field, "has more than \(limits.repeatedCount) elements")
                }
                guard let number = varint(until: range.upperBound), Self.fits(number, type) else {
                    throw unsafe failure(in: field, "is no number of its type")
                }
            }
        }
    }

    /// Moves behind the value of a field and returns where its bytes are.
    private mutating func payload(
        _ wireType: UInt8, until end: Int, name: @autoclosure () -> String
    ) throws(NorthboundMessageError) -> Range<Int> {
        var start = position
        switch wireType {
        case 0:
            guard varint(until: end) != nil else { throw failure("ends within a number", field: name()) }
            return start..<position
        case 1, 5:
            let count = wireType == 1 ? 8 : 4
            guard end - start >= count else { throw failure("ends within \(count) bytes", field: name()) }
            position = start + count
        case 2:
            guard let length = varint(until: end) else { throw failure("ends within a length", field: name()) }
            start = position
            guard length <= UInt64(end - start) else {
                throw failure("has a length of \(length), only \(end - start) bytes follow", field: name())
            }
            position = start + Int(length)
        default:
            throw failure("has wire type \(wireType)", field: name())
        }
        return start..<position
    }

    private mutating func varint(until end: Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end, shift < 70 {
            let byte = bytes[position]
            position += 1
            guard shift < 63 || byte <= 1 else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }

    private static func fits(_ number: UInt64, _ type: ProtobufCType) -> Bool {
        switch type {
        case PROTOBUF_C_TYPE_UINT32: number <= UInt64(UInt32.max)
        case PROTOBUF_C_TYPE_ENUM: Int32(exactly: Int64(bitPattern: number)) != nil
        default: true
        }
    }

    private func textProblem(in range: Range<Int>) -> String? {
        guard range.count <= limits.textByteCount else {
            return "has \(range.count) bytes, at most \(limits.textByteCount) are allowed"
        }
        let text = bytes.span.extracting(range)
        for index in text.indices where text[index] == 0 {
            return "contains NUL"
        }
        return (try? UTF8Span(validating: text)) == nil ? "is not UTF-8" : nil
    }

    // MARK: - Failures

    private func failure(_ reason: String, field: String? = nil) -> NorthboundMessageError {
        var names = unsafe [String(cString: root.pointee.short_name)]
        for index in unsafe steps.indices {
            let step = unsafe steps[index]
            unsafe names.append(name(of: step.field, step.index))
        }
        let path = (names + (field.map { [$0] } ?? [])).joined(separator: ".")
        return NorthboundMessageError(field: path, reason: reason)
    }

    private func failure(
        in field: UnsafePointer<ProtobufCFieldDescriptor>, _ reason: String, index: Int? = nil
    ) -> NorthboundMessageError {
        failure(reason, field: unsafe name(of: field, index))
    }

    private func name(of field: UnsafePointer<ProtobufCFieldDescriptor>, _ index: Int?) -> String {
        let text = unsafe String(cString: field.pointee.name)
        return index.map { "\(text)[\($0)]" } ?? text
    }
}
