/// The fields of a message and what they are in JSON; fields that are not listed are skipped.
struct ProtobufMessage: Sendable {
    indirect enum Kind: Sendable {
        /// Left out when empty, as Go's `omitempty` does it.
        case string
        /// Left out when zero.
        case integer
        case bool
        /// A pointer in Go: said even if it is zero or false.
        case optionalInteger
        case optionalBool
        case message(ProtobufMessage)
        case list(Kind)
        /// A map of strings: repeated entries of key (1) and value (2).
        case stringMap
        /// Type (1: 0 number, 1 string), number (2), string (3).
        case intOrString
    }

    let fields: [Int: (name: String, kind: Kind)]

    init(_ fields: [Int: (String, Kind)]) { self.fields = fields.mapValues { (name: $0.0, kind: $0.1) } }

    /// Nesting is bounded by the tables, which do not recurse.
    func decode(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) -> JSONValue {
        var result: JSONValue = [:]
        var reader = ProtobufReader(bytes: bytes)
        while let field = try reader.next() {
            guard let (name, kind) = fields[field.number] else { continue }
            switch kind {
            case .list(let element):
                guard let value = try Self.value(field.value, element) else { continue }
                result[name] = .array((result[name]?.array ?? []) + [value])
            case .stringMap:
                guard case .bytes(let entry) = field.value else { throw ProtobufError() }
                let pair = try Self.mapEntry.decode(entry)
                result.set([name, pair["key"]?.string ?? ""], to: pair["value"] ?? "")
            default:
                if let value = try Self.value(field.value, kind) { result[name] = value }
            }
        }
        return result
    }

    private static func value(_ value: ProtobufReader.Value, _ kind: Kind) throws(ProtobufError) -> JSONValue? {
        switch (kind, value) {
        case (.string, .bytes(let bytes)):
            guard let text = String(validating: bytes, as: UTF8.self) else { throw ProtobufError() }
            return text.isEmpty ? nil : .string(text)
        case (.integer, .varint(let number)):
            return number == 0 ? nil : .integer(Int64(bitPattern: number))
        case (.optionalInteger, .varint(let number)): return .integer(Int64(bitPattern: number))
        case (.bool, .varint(let number)): return number == 0 ? nil : true
        case (.optionalBool, .varint(let number)): return .bool(number != 0)
        case (.message(let message), .bytes(let bytes)): return try message.decode(bytes)
        case (.intOrString, .bytes(let bytes)):
            let parts = try intOrString.decode(bytes)
            return parts["type"]?.integer == 1 ? parts["string"] : parts["number"]
        default: throw ProtobufError()
        }
    }

    // MARK: - Tables

    static let byKind: [String: ProtobufMessage] = [
        "Namespace": namespace, "Service": service, "DeleteOptions": deleteOptions,
    ]

    static let typeMeta = ProtobufMessage([1: ("apiVersion", .string), 2: ("kind", .string)])

    private static let mapEntry = ProtobufMessage([1: ("key", .string), 2: ("value", .string)])

    private static let intOrString = ProtobufMessage([
        1: ("type", .integer), 2: ("number", .integer), 3: ("string", .string),
    ])

    private static let objectMeta = ProtobufMessage([
        1: ("name", .string), 2: ("generateName", .string), 3: ("namespace", .string), 5: ("uid", .string),
        6: ("resourceVersion", .string), 11: ("labels", .stringMap), 12: ("annotations", .stringMap),
        14: ("finalizers", .list(.string)),
    ])

    private static let namespace = ProtobufMessage([
        1: ("metadata", .message(objectMeta)),
        2: ("spec", .message(ProtobufMessage([1: ("finalizers", .list(.string))]))),
    ])

    private static let servicePort = ProtobufMessage([
        1: ("name", .string), 2: ("protocol", .string), 3: ("port", .integer), 4: ("targetPort", .intOrString),
        5: ("nodePort", .integer), 6: ("appProtocol", .string),
    ])

    private static let serviceSpec = ProtobufMessage([
        1: ("ports", .list(.message(servicePort))), 2: ("selector", .stringMap), 3: ("clusterIP", .string),
        4: ("type", .string), 5: ("externalIPs", .list(.string)), 7: ("sessionAffinity", .string),
        8: ("loadBalancerIP", .string), 9: ("loadBalancerSourceRanges", .list(.string)), 10: ("externalName", .string),
        11: ("externalTrafficPolicy", .string), 12: ("healthCheckNodePort", .integer),
        13: ("publishNotReadyAddresses", .bool), 17: ("ipFamilyPolicy", .string), 18: ("clusterIPs", .list(.string)),
        19: ("ipFamilies", .list(.string)), 20: ("allocateLoadBalancerNodePorts", .optionalBool),
        21: ("loadBalancerClass", .string), 22: ("internalTrafficPolicy", .string),
        23: ("trafficDistribution", .string),
    ])

    private static let service = ProtobufMessage([
        1: ("metadata", .message(objectMeta)), 2: ("spec", .message(serviceSpec)),
    ])

    private static let deleteOptions = ProtobufMessage([
        1: ("gracePeriodSeconds", .optionalInteger),
        2: (
            "preconditions", .message(ProtobufMessage([1: ("uid", .string), 2: ("resourceVersion", .string)]))
        ),
        4: ("propagationPolicy", .string), 5: ("dryRun", .list(.string)),
    ])
}
