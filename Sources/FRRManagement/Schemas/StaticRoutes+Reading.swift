internal import Bindings
internal import NetworkTypes
internal import Northbound

extension StaticSchema {
    /// The `route-list` entries anywhere in an answer, whether it starts at the root, at the container or at the entry.
    static func routeList(in json: JSONValue) -> [JSONValue] {
        switch json {
        case .object(let members):
            if let list = json.member("route-list") { return list.elements }
            return members.flatMap { routeList(in: $0.value) }
        case .array(let elements):
            return elements.flatMap { routeList(in: $0) }
        default:
            return []
        }
    }

    /// Reads native JSON.
    ///
    /// Unknown members are skipped: later releases may add some. Entries of other families or with a source prefix are
    /// somebody else's and left out.
    ///
    /// - Throws: `protocolViolation` when the text is no JSON object or a path lacks its table.
    static func routes(fromJSON text: [UInt8]) throws(ManagementError) -> StaticRoutes {
        try routes(in: JSONReader.read(text))
    }

    /// Reads parsed JSON.
    static func routes(in json: JSONValue) throws(ManagementError) -> StaticRoutes {
        guard case .object = json else {
            throw ManagementError(.protocolViolation, "staticd configuration is no JSON object")
        }
        var routes: StaticRoutes = [:]
        for entry in routeList(in: json) {
            guard
                let prefix = unicastPrefix(
                    entry.member("prefix")?.text, source: entry.member("src-prefix")?.text,
                    afiSafi: entry.member("afi-safi")?.text)
            else { continue }
            for element in entry.member("path-list")?.elements ?? [] {
                routes[prefix, default: []].append(try path(element, of: prefix))
            }
            routes[prefix, default: []] += []
        }
        return routes
    }

    /// One `path-list` element of any generation.
    static func path(_ json: JSONValue, of prefix: IPPrefix) throws(ManagementError) -> StaticPath {
        guard let table = json.member("table-id")?.integer(UInt32.self) else {
            throw ManagementError(.protocolViolation, "static route \(prefix) has a path without a table")
        }
        let hops: [JSONValue] =
            json.member("nh-type") != nil ? [json] : json.member("frr-nexthops")?.member("nexthop")?.elements ?? []
        return StaticPath(
            table: table, distance: json.member("distance")?.integer() ?? Ownership.distance,
            tag: json.member("tag")?.integer() ?? 0,
            nextHops: hops.map { hop in
                StaticPath.NextHop(
                    type: hop.member("nh-type")?.text.map { String(JSONValue.localName($0)) } ?? "",
                    vrf: hop.member("vrf")?.text ?? "", gateway: hop.member("gateway")?.text ?? "",
                    interface: hop.member("interface")?.text ?? "")
            })
    }

    /// The prefix of an entry that is an ordinary unicast route, canonical; nil for all others.
    static func unicastPrefix(_ prefix: String?, source: String?, afiSafi: String?) -> IPPrefix? {
        guard let prefix, let afiSafi, let value = try? IPPrefix(prefix),
            JSONValue.localName(afiSafi) == "\(value.family.rawValue)-unicast",
            source == nil || source == anySource
        else { return nil }
        return value
    }

    // MARK: - Leaves of 9.x

    /// Reads the leaves of FeGetReply messages, whose paths carry the keys.
    static func routes(fromLeaves leaves: [FrontEndMessage.Leaf]) throws(ManagementError) -> StaticRoutes {
        var routes: StaticRoutes = [:]
        var places: [String: Int] = [:]
        for leaf in leaves {
            let steps = try InstancePath.steps(leaf.path)
            guard let at = steps.firstIndex(where: { $0.name == "route-list" }),
                let prefix = unicastPrefix(
                    steps[at].keys["prefix"], source: steps[at].keys["src-prefix"],
                    afiSafi: steps[at].keys["afi-safi"])
            else { continue }
            routes[prefix, default: []] += []
            guard at + 1 < steps.count, steps[at + 1].name == "path-list" else { continue }
            let list = steps[at + 1]
            guard let table = list.keys["table-id"].flatMap({ UInt32($0) }) else {
                throw ManagementError(.protocolViolation, "static route \(prefix) has a path without a table")
            }
            let distance = list.keys["distance"].flatMap { UInt32($0) } ?? Ownership.distance
            let name = "\(prefix) \(table) \(distance)"
            let index = places[name] ?? routes[prefix, default: []].count
            if places.updateValue(index, forKey: name) == nil {
                routes[prefix, default: []].append(
                    StaticPath(table: table, distance: distance, tag: 0, nextHops: []))
            }
            if steps.count == at + 3, steps[at + 2].name == "tag", let tag = leaf.value.flatMap({ UInt32($0) }) {
                routes[prefix]?[index].tag = tag
            }
            if let hop = steps[(at + 2)...].first(where: { $0.name == "nexthop" }) {
                let nextHop = StaticPath.NextHop(
                    type: String(JSONValue.localName(hop.keys["nh-type"] ?? "")), vrf: hop.keys["vrf"] ?? "",
                    gateway: hop.keys["gateway"] ?? "", interface: hop.keys["interface"] ?? "")
                if routes[prefix]?[index].nextHops.contains(nextHop) == false {
                    routes[prefix]?[index].nextHops.append(nextHop)
                }
            }
        }
        return routes
    }
}

/// A YANG instance path taken apart.
enum InstancePath {
    struct Step: Sendable, Hashable {
        /// Without module prefix.
        var name: String
        var keys: [String: String]
    }

    /// Splits `/module:name[key='value'][…]/name…`. Values may be in single or double quotes.
    ///
    /// - Throws: `protocolViolation` when the text is no such path.
    static func steps(_ path: String) throws(ManagementError) -> [Step] {
        var steps: [Step] = []
        var rest = Substring(path)
        let failure = ManagementError(.protocolViolation, "\"\(path.prefix(80))\" is no instance path")
        while !rest.isEmpty {
            guard rest.first == "/" else { throw failure }
            rest = rest.dropFirst()
            let name = rest.prefix { $0 != "/" && $0 != "[" }
            guard !name.isEmpty else { throw failure }
            rest = rest.dropFirst(name.count)
            var keys: [String: String] = [:]
            while rest.first == "[" {
                guard let equals = rest.firstIndex(of: "=") else { throw failure }
                let key = rest[rest.index(after: rest.startIndex)..<equals]
                var value = rest[equals...].dropFirst()
                guard let quote = value.first, quote == "'" || quote == "\"" else { throw failure }
                value = value.dropFirst()
                guard let end = value.firstIndex(of: quote), value[end...].dropFirst().first == "]" else {
                    throw failure
                }
                keys[String(JSONValue.localName(String(key)))] = String(value[..<end])
                rest = value[end...].dropFirst(2)
            }
            steps.append(Step(name: String(JSONValue.localName(String(name))), keys: keys))
        }
        return steps
    }
}
