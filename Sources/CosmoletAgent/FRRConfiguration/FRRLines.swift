internal import Announcements
public import NetworkTypes

/// The lines of frr.conf that go with a configuration: what FRR does with each attribute class, how VIPs come into BGP,
/// and, on request, sessions.
public struct FRRLines: Sendable {
    /// A BGP neighbour.
    public struct Peer: Sendable, Hashable {
        /// Its address.
        public var address: IPAddress
        /// Its autonomous system.
        public var asn: UInt32

        /// Reads `ADDRESS,AS`.
        ///
        /// - Throws: `ConfigurationError` naming the flag `--peer`.
        public init(_ text: String) throws(ConfigurationError) {
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            guard parts.count == 2, let address = IPAddress(String(parts[0])), let asn = UInt32(parts[1]) else {
                throw ConfigurationError(
                    "--peer", "is \"\(text)\", but ADDRESS,AS is expected, such as 192.0.2.1,65100 or 2001:db8::1,65100"
                )
            }
            if let reservation = ClassAttributes.reservation(ofAS: asn) {
                throw ConfigurationError("--peer", "is \"\(text)\", but AS \(asn) is \(reservation)")
            }
            self.address = address
            self.asn = asn
        }
    }

    /// Which way VIPs come into FRR.
    public enum Provider: String, Sendable, CaseIterable {
        // As `--provider` has it.
        case mgmtd, bgpd
    }

    /// Keepalive and hold time of sessions, in seconds.
    public struct Timers: Sendable, Hashable {
        /// Between two messages.
        public var keepalive: Int
        /// Without a message for so long, a session is down; 0: never.
        public var hold: Int

        /// Reads `KEEPALIVE,HOLD`.
        ///
        /// - Throws: `ConfigurationError` naming the flag `--timers`.
        public init(_ text: String) throws(ConfigurationError) {
            let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { UInt16($0) }
            // RFC 4271 section 4.2: the hold time is 0 or at least 3 seconds.
            guard numbers.count == 2, let keepalive = numbers[0], let hold = numbers[1],
                keepalive == 0 && hold == 0 || hold >= 3 && (1...hold).contains(keepalive)
            else {
                throw ConfigurationError(
                    "--timers",
                    "is \"\(text)\", but KEEPALIVE,HOLD in seconds is expected, hold 3 or more and keepalive "
                        + "not above it, such as 3,9")
            }
            (self.keepalive, self.hold) = (Int(keepalive), Int(hold))
        }
    }

    /// For which provider.
    public var provider = Provider.mgmtd
    /// For which release; nil: 10.1 or later.
    public var release: FRRRelease?
    /// Sessions to make.
    public var peers: [Peer] = []
    /// Watch the sessions by BFD.
    public var hasBFD = false
    /// Of the sessions; nil: FRR's.
    public var timers: Timers?
    /// Keep routes over a restart of bgpd (RFC 4724).
    public var hasGracefulRestart = false
    private let configuration: AgentConfiguration

    /// For a configuration.
    public init(_ configuration: AgentConfiguration) { self.configuration = configuration }

    /// The lines, without blanks at the end.
    ///
    /// - Throws: `ConfigurationError` when something is missing, or the release cannot do it.
    public func lines() throws(ConfigurationError) -> [String] {
        try check()
        guard let asn = configuration.asn else {
            throw ConfigurationError("bgp.asn", "is not given: the nodes' AS number is needed here; or give --asn")
        }
        var lines = ["! cosmolet \(CosmoletVersion.current), provider \(provider.rawValue)"]
        lines += routeMaps + outboundPolicy
        lines += ["router bgp \(asn)"]
        if provider == .bgpd { lines.append(" no bgp network import-check") }
        if hasGracefulRestart { lines.append(" bgp graceful-restart") }
        lines += peers.flatMap(session)
        for family in AddressFamily.allCases { lines += addressFamily(family) }
        return lines + ["exit", "!"]
    }

    private func check() throws(ConfigurationError) {
        if let release, release < .first {
            throw ConfigurationError("--frr-version", "FRR \(release) has no mgmtd; 10.1 or later is needed")
        }
        if let release, provider == .mgmtd, release < .firstWithTableDirect {
            throw ConfigurationError(
                "--frr-version",
                "bgpd of FRR \(release) cannot redistribute a table of its own "
                    + (release.major == 9 ? "" : "for IPv6 ")
                    + "(redistribute table-direct); update to 10.1 or later, or use the module: --provider bgpd")
        }
        let flag = hasBFD ? "--bfd" : timers != nil ? "--timers" : nil
        if let flag, peers.isEmpty { throw ConfigurationError(flag, "concerns sessions: give --peer ADDRESS,AS too") }
        for (index, peer) in peers.enumerated() where peers[..<index].contains(where: { $0.address == peer.address }) {
            throw ConfigurationError("--peer", "names \(peer.address) twice")
        }
    }

    // MARK: - Classes

    private var routeMaps: [String] {
        configuration.tags.classes.flatMap { name -> [String] in
            let tag = configuration.tags.tag(of: name) ?? 0
            let head =
                switch provider {
                case .mgmtd: ["route-map COSMOLET permit \(tag)", " description class \(name)", " match tag \(tag)"]
                case .bgpd: ["route-map COSMOLET-\(name) permit 10"]
                }
            var attributes = configuration.classAttributes[name] ?? .init()
            // As mgmtd's routes have it. A network is IGP else, and nodes with the module draw the traffic of the others.
            if provider == .bgpd { attributes.origin = attributes.origin ?? .incomplete }
            return head + Self.setLines(attributes) + ["exit", "!"]
        }
    }

    private static func setLines(_ attributes: ClassAttributes) -> [String] {
        var lines: [String] = []
        func join(_ items: [some CustomStringConvertible]) -> String { items.map(\.description).joined(separator: " ") }
        if !attributes.communities.isEmpty { lines.append(" set community \(join(attributes.communities))") }
        if !attributes.largeCommunities.isEmpty {
            lines.append(" set large-community \(join(attributes.largeCommunities))")
        }
        if let value = attributes.localPreference { lines.append(" set local-preference \(value)") }
        if let value = attributes.med { lines.append(" set metric \(value)") }
        if !attributes.asPathPrepend.isEmpty { lines.append(" set as-path prepend \(join(attributes.asPathPrepend))") }
        if let value = attributes.origin { lines.append(" set origin \(value.rawValue)") }
        return lines
    }

    // MARK: - Sessions

    /// eBGP passes nothing without a policy (RFC 8212). Out go host routes within the allowed prefixes, in comes nothing.
    /// Capital letters: no class has such a name.
    private var outboundPolicy: [String] {
        guard !peers.isEmpty else { return [] }
        var lines: [String] = []
        for family in AddressFamily.allCases where peers.contains(where: { $0.address.family == family }) {
            let word = family == .ipv4 ? "ip" : "ipv6"
            for (index, prefix) in allowedPrefixes(family).enumerated() {
                let length = prefix.length == family.bitWidth ? "" : " ge \(family.bitWidth)"
                lines.append("\(word) prefix-list COSMOLET-VIPS seq \(5 * (index + 1)) permit \(prefix)\(length)")
            }
        }
        for family in AddressFamily.allCases where peers.contains(where: { $0.address.family == family }) {
            let word = family == .ipv4 ? "ip" : "ipv6"
            lines += [
                "route-map COSMOLET-OUT permit \(family == .ipv4 ? 10 : 20)",
                " match \(word) address prefix-list COSMOLET-VIPS", "exit",
            ]
        }
        return lines + ["route-map COSMOLET-IN deny 10", "exit", "!"]
    }

    private func allowedPrefixes(_ family: AddressFamily) -> [IPPrefix] {
        let planner = configuration.planner
        let any = [IPPrefix(network: IPAddress(family: family, bits: 0), length: 0)]
        // A cluster IP is in none of the lists.
        guard !planner.kinds.contains(.clusterIP), let allowed = planner.allowedLoadBalancerPrefixes else { return any }
        let external = planner.kinds.contains(.externalIP) ? planner.allowedExternalPrefixes ?? [] : []
        return Set(allowed + external).filter { $0.family == family }.sorted()
    }

    private func session(_ peer: Peer) -> [String] {
        let neighbor = " neighbor \(peer.address)"
        var lines = ["\(neighbor) remote-as \(peer.asn)"]
        if hasBFD { lines.append("\(neighbor) bfd") }
        if let timers { lines.append("\(neighbor) timers \(timers.keepalive) \(timers.hold)") }
        return lines
    }

    private func addressFamily(_ family: AddressFamily) -> [String] {
        var inner: [String] = []
        if provider == .mgmtd {
            inner.append("  redistribute table-direct \(configuration.table) route-map COSMOLET")
        }
        for peer in peers {
            let neighbor = "neighbor \(peer.address)"
            if peer.address.family == family {
                inner += [
                    "  \(neighbor) activate", "  \(neighbor) route-map COSMOLET-IN in",
                    "  \(neighbor) route-map COSMOLET-OUT out",
                ]
            } else if family == .ipv4 {
                // Of IPv4 FRR thinks that every neighbour wants it.
                inner.append("  no \(neighbor) activate")
            }
        }
        guard !inner.isEmpty else { return [] }
        return [" !", " address-family \(family.rawValue) unicast"] + inner + [" exit-address-family"]
    }
}
