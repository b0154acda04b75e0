internal import CMessages
internal import CProtobufC

/// A message with its C struct, behind raw pointers so that conforming is safe. Each conforming type copies fields
/// between the two; the rest is here.
protocol CRepresented {
    /// A C message set up by its generated `init` function. It begins with a `ProtobufCMessage`.
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer

    /// Copies everything out of a C message of this type that passed `NorthboundWireScan`.
    init(copying pointer: UnsafeRawPointer)

    /// Fills an empty C message of this type; what it points to lives in the arena.
    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena)
}

extension CRepresented {
    /// See `NorthboundMessage`.
    public init(decoding bytes: [UInt8], limits: NorthboundMessageLimits) throws(NorthboundMessageError) {
        let arena = CArena()
        let descriptor = unsafe Self.empty(in: arena).assumingMemoryBound(to: ProtobufCMessage.self).pointee.descriptor!
        try unsafe NorthboundWireScan.check(bytes, as: descriptor, limits: limits)
        let unpacked = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe protobuf_c_message_unpack(descriptor, nil, buffer.count, buffer.baseAddress)
        }
        guard let message = unsafe unpacked else {
            throw NorthboundMessageError(
                field: unsafe String(cString: descriptor.pointee.short_name), reason: "protobuf-c cannot read it")
        }
        defer { unsafe protobuf_c_message_free_unpacked(message, nil) }
        unsafe self.init(copying: UnsafeRawPointer(message))
    }

    /// See `NorthboundMessage`.
    public func encoded() -> [UInt8] {
        let arena = CArena()
        let message = unsafe arena.message(self, as: ProtobufCMessage.self)
        let size = unsafe protobuf_c_message_get_packed_size(message)
        return unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = unsafe size == 0 ? 0 : protobuf_c_message_pack(message, buffer.baseAddress)
        }
    }

    /// See `NorthboundMessage`.
    public var encodedByteCount: Int {
        let arena = CArena()
        return unsafe protobuf_c_message_get_packed_size(arena.message(self, as: ProtobufCMessage.self))
    }
}

extension CArena {
    /// A filled C message.
    func message<C>(_ value: some CRepresented, as _: C.Type) -> UnsafeMutablePointer<C> {
        let pointer = unsafe type(of: value).empty(in: self)
        unsafe value.fill(pointer, in: self)
        return unsafe pointer.assumingMemoryBound(to: C.self)
    }

    /// A filled C message, or nil.
    func optional<C>(_ value: (some CRepresented)?) -> UnsafeMutablePointer<C>? {
        guard let value else { return nil }
        return unsafe message(value, as: C.self)
    }

    /// Filled C messages; nil when there are none.
    func messages<C>(_ values: [some CRepresented]) -> UnsafeMutablePointer<UnsafeMutablePointer<C>?>? {
        unsafe array(values) { value in unsafe message(value, as: C.self) }
    }

    /// NUL-terminated copies; nil when there are none.
    func strings(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
        unsafe array(texts) { (text: String) in unsafe string(text) }
    }

    /// Numbers of an enum; nil when there are none.
    func numbers<Number: CEnumeration>(_ values: [Int32]) -> UnsafeMutablePointer<Number>? {
        unsafe block(values.map { Number(rawValue: UInt32(bitPattern: $0)) })
    }
}

/// Copies out of C structs. All text was found to be UTF-8 by `NorthboundWireScan`.
enum CCopy {
    static func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe String(cString: pointer)
    }

    static func texts(_ count: Int, _ array: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> [String] {
        guard let array = unsafe array else { return [] }
        return (0..<count).compactMap { index in unsafe text(array[index]) }
    }

    static func number<Number: CEnumeration>(_ has: protobuf_c_boolean, _ value: Number) -> Int32? {
        has != 0 ? Int32(bitPattern: value.rawValue) : nil
    }

    static func numbers<Number: CEnumeration>(_ count: Int, _ array: UnsafeMutablePointer<Number>?) -> [Int32] {
        guard let array = unsafe array else { return [] }
        return (0..<count).map { index in unsafe Int32(bitPattern: array[index].rawValue) }
    }

    static func scalar<Scalar>(_ has: protobuf_c_boolean, _ value: Scalar) -> Scalar? {
        has != 0 ? value : nil
    }

    static func flag(_ has: protobuf_c_boolean, _ value: protobuf_c_boolean) -> Bool? {
        has != 0 ? value != 0 : nil
    }

    static func message<Message: CRepresented, C>(_ pointer: UnsafeMutablePointer<C>?) -> Message? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe Message(copying: UnsafeRawPointer(pointer))
    }

    static func messages<Message: CRepresented, C>(
        _ count: Int, _ array: UnsafeMutablePointer<UnsafeMutablePointer<C>?>?
    ) -> [Message] {
        guard let array = unsafe array else { return [] }
        return (0..<count).compactMap { index in unsafe message(array[index]) }
    }
}

/// Writes optional fields into C structs: the value and its `has_` field.
enum CFill {
    static func scalar<Scalar>(_ value: Scalar?, _ has: inout protobuf_c_boolean, _ field: inout Scalar) {
        guard let value else { return }
        has = 1
        field = value
    }

    static func flag(_ value: Bool?, _ has: inout protobuf_c_boolean, _ field: inout protobuf_c_boolean) {
        guard let value else { return }
        has = 1
        field = value ? 1 : 0
    }

    static func number<Number: CEnumeration>(
        _ value: Int32?, _ has: inout protobuf_c_boolean, _ field: inout Number
    ) {
        guard let value else { return }
        has = 1
        field = Number(rawValue: UInt32(bitPattern: value))
    }
}

/// A C enum as Swift imports it: any number is a value.
protocol CEnumeration: RawRepresentable where RawValue == UInt32 {
    init(rawValue: UInt32)
}

extension Cosmolet__Northbound__V1__EditOperation: CEnumeration {}
extension Cosmolet__Northbound__V1__Dataset: CEnumeration {}
extension Cosmolet__Northbound__V1__Datastore: CEnumeration {}
extension Cosmolet__Northbound__V1__CommitPhase: CEnumeration {}
extension Cosmolet__Northbound__V1__TransactionKind: CEnumeration {}
extension Cosmolet__Northbound__V1__TransactionOutcome: CEnumeration {}
extension Cosmolet__Northbound__V1__CommitStep: CEnumeration {}
