internal import Bindings
internal import NetworkTypes
internal import Northbound

/// BGP instances, as the module inside bgpd tells them.
extension MessageCodec {
    static func wire(
        _ instance: BGPInstance, _ field: String
    ) throws(NorthboundError) -> NorthboundWire.BGPInstance {
        var message = NorthboundWire.BGPInstance()
        message.vrf = try text(instance.vrf, "\(field).vrf", maximum: Limits.vrfByteCount)
        message.asNumber = instance.asNumber
        message.importCheck = instance.hasImportCheck
        try count(instance.redistributions.count, "\(field).redistributions", maximum: Limits.redistributionCount)
        for (index, redistribution) in instance.redistributions.enumerated() {
            var line = NorthboundWire.Redistribution()
            line.family = redistribution.family == .ipv4 ? 4 : 6
            line.table = redistribution.table
            line.routeMap = try optionalText(
                redistribution.routeMap, "\(field).redistributions[\(index)].route_map", maximum: Limits.valueByteCount)
            line.routeMapExists = redistribution.routeMapExists
            message.redistributions.append(line)
        }
        return message
    }

    static func instance(
        _ message: NorthboundWire.BGPInstance, _ field: String
    ) throws(NorthboundError) -> BGPInstance {
        try count(message.redistributions.count, "\(field).redistributions", maximum: Limits.redistributionCount)
        var redistributions: [TableRedistribution] = []
        for (index, line) in message.redistributions.enumerated() {
            redistributions.append(try redistribution(line, "\(field).redistributions[\(index)]"))
        }
        return BGPInstance(
            vrf: try name(message.vrf, "\(field).vrf", maximum: Limits.vrfByteCount),
            asNumber: message.asNumber ?? 0, hasImportCheck: message.importCheck ?? false,
            redistributions: redistributions)
    }

    private static func redistribution(
        _ message: NorthboundWire.Redistribution, _ field: String
    ) throws(NorthboundError) -> TableRedistribution {
        let family: AddressFamily
        switch try required(message.family, "\(field).family") {
        case 4: family = .ipv4
        case 6: family = .ipv6
        case let number: throw invalid("\(field).family", "is \(number), not 4 or 6")
        }
        return TableRedistribution(
            family: family, table: try required(message.table, "\(field).table"),
            routeMap: try optionalText(message.routeMap, "\(field).route_map", maximum: Limits.valueByteCount),
            routeMapExists: message.routeMapExists ?? true)
    }
}
