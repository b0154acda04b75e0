/// Hands out cluster IPs: 10.96.0.0/16 and fd00:96::/112, in ascending order, an address again only after its release.
struct ClusterIPAllocator: Sendable {
    /// The two families a Service may name in `spec.ipFamilies`.
    enum Family: String, Sendable {
        case ipv4 = "IPv4"
        case ipv6 = "IPv6"

        /// The family of an address in text form, by the presence of a colon.
        init(of address: String) { self = address.contains(":") ? .ipv6 : .ipv4 }
    }

    private var used: Set<String> = []
    /// The host part that was tried last, per family; wraps round inside the /16 or /112.
    private var lastIPv4: UInt16 = 0
    private var lastIPv6: UInt16 = 0

    /// The next free address, or nil if the range is exhausted.
    mutating func allocate(_ family: Family) -> String? {
        for _ in 0..<65_535 {
            let host = advance(family)
            // Host part 0 is the network itself, 65535 the IPv4 broadcast address.
            if host == 0 || host == 65_535 { continue }
            let address = Self.address(family, host)
            if used.insert(address).inserted { return address }
        }
        return nil
    }

    /// Marks an address asked for by name as used; false if it is already taken.
    mutating func reserve(_ address: String) -> Bool { used.insert(address).inserted }

    /// Whether an address is taken.
    func isUsed(_ address: String) -> Bool { used.contains(address) }

    /// Gives an address back.
    mutating func release(_ address: String) { used.remove(address) }

    /// Whether an address lies in the range of its family.
    static func isInRange(_ address: String) -> Bool {
        switch Family(of: address) {
        case .ipv4:
            let parts = address.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count == 4 && parts[0] == "10" && parts[1] == "96"
                && parts[2...].allSatisfy { UInt8($0) != nil }
        case .ipv6:
            guard address.hasPrefix("fd00:96::") else { return false }
            let rest = address.dropFirst("fd00:96::".count)
            return rest.isEmpty || UInt16(rest, radix: 16) != nil
        }
    }

    private mutating func advance(_ family: Family) -> UInt16 {
        switch family {
        case .ipv4:
            lastIPv4 &+= 1
            return lastIPv4
        case .ipv6:
            lastIPv6 &+= 1
            return lastIPv6
        }
    }

    private static func address(_ family: Family, _ host: UInt16) -> String {
        switch family {
        case .ipv4: "10.96.\(host >> 8).\(host & 0xFF)"
        case .ipv6: "fd00:96::\(String(host, radix: 16))"
        }
    }
}
