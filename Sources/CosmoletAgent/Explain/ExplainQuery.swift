public import NetworkTypes

/// What shall be explained.
public struct ExplainQuery: Sendable, Hashable {
    /// The objects.
    public enum Subject: Sendable, Hashable {
        /// Every Service that has a VIP of a kind that is on, page by page.
        case all
        /// One Service; without a namespace, all of that name.
        case service(namespace: String?, name: String)
        /// Every Service with this address.
        case vip(IPAddress)
    }

    /// Which objects.
    public var subject: Subject
    /// How many Services to leave out.
    public var offset: Int
    /// How many Services at most.
    public var limit: Int

    /// How many Services there may be in one answer.
    public static let limits = 1...1000

    /// Makes a query.
    public init(_ subject: Subject, offset: Int = 0, limit: Int = 100) {
        self.subject = subject
        self.offset = offset
        self.limit = limit
    }

    /// Reads what a person writes: an address, a host prefix, `namespace/name` or a name. Nil when it is none.
    public init?(_ text: String) {
        if let prefix = try? IPPrefix(text) {
            guard prefix.length == prefix.family.bitWidth else { return nil }
            self.init(.vip(prefix.address))
            return
        }
        guard let subject = Self.service(text) else { return nil }
        self.init(subject)
    }

    /// Reads `namespace/name` or a name.
    static func service(_ text: String) -> Subject? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy(isName) else { return nil }
        return switch parts.count {
        case 1: .service(namespace: nil, name: parts[0])
        case 2: .service(namespace: parts[0], name: parts[1])
        default: nil
        }
    }

    /// Names of Services and namespaces are DNS labels (RFC 1123).
    private static func isName(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    /// The query as HTTP has it.
    var parameters: [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        switch subject {
        case .all: break
        case .service: result.append(("service", subjectText ?? ""))
        case .vip: result.append(("vip", subjectText ?? ""))
        }
        return result + [("offset", String(offset)), ("limit", String(limit))]
    }

    /// The subject as a person writes it; nil for all.
    var subjectText: String? {
        switch subject {
        case .all: nil
        case .service(let namespace, let name): (namespace.map { $0 + "/" } ?? "") + name
        case .vip(let vip): "\(vip)"
        }
    }
}

/// Why a query was refused.
struct ExplainQueryError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension ExplainQuery {
    /// Reads the parameters of a request: `service` or `vip` or neither, `offset`, `limit`.
    ///
    /// - Throws: naming the parameter that is wrong.
    init(parameters: [(name: String, value: String)]) throws(ExplainQueryError) {
        self.init(.all)
        var seen: Set<String> = []
        for (name, value) in parameters {
            guard seen.insert(name).inserted else { throw ExplainQueryError("\(name) is given twice") }
            switch name {
            case "service":
                guard let service = Self.service(value) else {
                    throw ExplainQueryError("service is \"\(value.prefix(100))\", not namespace/name or a name")
                }
                subject = service
            case "vip":
                guard let query = ExplainQuery(value), case .vip = query.subject else {
                    throw ExplainQueryError("vip is \"\(value.prefix(100))\", not an IPv4 or IPv6 address")
                }
                subject = query.subject
            case "offset":
                guard let number = Int(value), number >= 0 else {
                    throw ExplainQueryError("offset is \"\(value.prefix(100))\", not a number from 0")
                }
                offset = number
            case "limit":
                guard let number = Int(value), Self.limits.contains(number) else {
                    throw ExplainQueryError("limit is \"\(value.prefix(100))\", not a number from 1 to 1000")
                }
                limit = number
            default: throw ExplainQueryError("\"\(name.prefix(100))\" is not one of service, vip, offset, limit")
            }
        }
        if seen.isSuperset(of: ["service", "vip"]) { throw ExplainQueryError("service and vip exclude each other") }
    }
}
