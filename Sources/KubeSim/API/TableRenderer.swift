import FoundationEssentials

/// Makes `Table` documents (meta.k8s.io/v1) with the columns that a real server prints for each type.
struct TableRenderer {
    private struct Column {
        var name: String
        /// 0 is always shown, 1 only in wide output.
        var priority: Int64 = 0
    }

    let type: ResourceType
    let includedObject: Representation.IncludedObject

    /// A table of some objects; `withColumns` false leaves the headers out, as in the later events of a watch.
    func table(of objects: [StoredObject], revision: Int64, withColumns: Bool) -> JSONValue {
        let now = Int64(Date().timeIntervalSince1970)
        var table: JSONValue = [
            "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": ["resourceVersion": .string(String(revision))],
            "columnDefinitions": .null,
        ]
        if withColumns {
            table["columnDefinitions"] = .array(
                columns.map { column in
                    [
                        "name": .string(column.name), "type": "string",
                        "format": column.name == "Name" ? "name" : "", "description": "",
                        "priority": .integer(column.priority),
                    ]
                })
        }
        table["rows"] = .array(
            objects.map { object in
                var row: JSONValue = ["cells": .array(cells(object.value, now: now).map(JSONValue.string))]
                switch includedObject {
                case .none: break
                case .metadata:
                    row["object"] = [
                        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                        "metadata": object.value["metadata"] ?? [:],
                    ]
                case .object: row["object"] = object.value
                }
                return row
            })
        return table
    }

    private var columns: [Column] {
        switch type {
        case .services:
            ["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age"].map { Column(name: $0) }
                + [Column(name: "Selector", priority: 1)]
        case .nodes:
            ["Name", "Status", "Roles", "Age", "Version"].map { Column(name: $0) }
                + ["Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"].map {
                    Column(name: $0, priority: 1)
                }
        case .namespaces, .pods: ["Name", "Status", "Age"].map { Column(name: $0) }
        case .events:
            ["Last Seen", "Type", "Reason", "Object"].map { Column(name: $0) }
                + [Column(name: "Source", priority: 1), Column(name: "Message"), Column(name: "Count", priority: 1)]
                + [Column(name: "Name", priority: 1)]
        case .endpointSlices: ["Name", "AddressType", "Ports", "Endpoints", "Age"].map { Column(name: $0) }
        default: ["Name", "Age"].map { Column(name: $0) }
        }
    }

    private func cells(_ object: JSONValue, now: Int64) -> [String] {
        let name = object.at("metadata", "name")?.string ?? ""
        let age = Self.age(since: object.at("metadata", "creationTimestamp")?.string, now: now)
        switch type {
        case .services: return [name] + serviceCells(object) + [age, Self.map(object.at("spec", "selector"))]
        case .nodes: return nodeCells(object, name: name, age: age)
        case .namespaces, .pods: return [name, object.at("status", "phase")?.string ?? "", age]
        case .events: return eventCells(object, name: name, now: now)
        case .endpointSlices:
            let ports = (object["ports"]?.array ?? []).compactMap { $0["port"]?.integer.map(String.init) }
            let addresses = (object["endpoints"]?.array ?? []).flatMap {
                ($0["addresses"]?.array ?? []).compactMap(\.string)
            }
            return [
                name, object["addressType"]?.string ?? "", ports.isEmpty ? "<unset>" : Self.short(ports),
                addresses.isEmpty ? "<unset>" : Self.short(addresses), age,
            ]
        default: return [name, age]
        }
    }

    private func serviceCells(_ service: JSONValue) -> [String] {
        let type = service.at("spec", "type")?.string ?? ""
        let ingress = (service.at("status", "loadBalancer", "ingress")?.array ?? [])
            .compactMap { $0["ip"]?.string ?? $0["hostname"]?.string }
        let external = (service.at("spec", "externalIPs")?.array ?? []).compactMap(\.string)
        var externalText = (ingress + external).joined(separator: ",")
        if externalText.isEmpty { externalText = type == "LoadBalancer" ? "<pending>" : "<none>" }
        if type == "ExternalName" { externalText = service.at("spec", "externalName")?.string ?? "" }
        let ports = (service.at("spec", "ports")?.array ?? []).map { port in
            let number = port["port"]?.integer.map(String.init) ?? ""
            let node = port["nodePort"]?.integer.map { $0 == 0 ? "" : ":\($0)" } ?? ""
            return "\(number)\(node)/\(port["protocol"]?.string ?? "TCP")"
        }
        let clusterIP = service.at("spec", "clusterIP")?.string ?? "<none>"
        return [type, clusterIP, externalText, ports.isEmpty ? "<none>" : ports.joined(separator: ",")]
    }

    private func nodeCells(_ node: JSONValue, name: String, age: String) -> [String] {
        let ready = (node.at("status", "conditions")?.array ?? []).first { $0["type"]?.string == "Ready" }
        var status = ready.map { $0["status"]?.string == "True" ? "Ready" : "NotReady" } ?? "Unknown"
        if node.at("spec", "unschedulable")?.bool == true { status += ",SchedulingDisabled" }
        let prefix = "node-role.kubernetes.io/"
        let roles = (node.at("metadata", "labels")?.object ?? [:]).keys
            .filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted()
        func address(_ kind: String) -> String {
            (node.at("status", "addresses")?.array ?? []).first { $0["type"]?.string == kind }?["address"]?.string
                ?? "<none>"
        }
        func info(_ key: String) -> String { node.at("status", "nodeInfo", key)?.string ?? "<unknown>" }
        return [
            name, status, roles.isEmpty ? "<none>" : roles.joined(separator: ","), age,
            node.at("status", "nodeInfo", "kubeletVersion")?.string ?? "", address("InternalIP"),
            address("ExternalIP"), info("osImage"), info("kernelVersion"), info("containerRuntimeVersion"),
        ]
    }

    private func eventCells(_ event: JSONValue, name: String, now: Int64) -> [String] {
        let seen =
            [event["lastTimestamp"], event["eventTime"], event.at("metadata", "creationTimestamp")]
            .compactMap { $0?.string }.first
        let object =
            "\((event.at("involvedObject", "kind")?.string ?? "").lowercased())/"
            + (event.at("involvedObject", "name")?.string ?? "")
        return [
            Self.age(since: seen, now: now), event["type"]?.string ?? "", event["reason"]?.string ?? "", object,
            event.at("source", "component")?.string ?? event["reportingComponent"]?.string ?? "",
            (event["message"]?.string ?? "").trimmingNewlines, String(event["count"]?.integer ?? 1), name,
        ]
    }

    /// At most three, then how many more.
    private static func short(_ values: [String]) -> String {
        values.prefix(3).joined(separator: ",") + (values.count > 3 ? " + \(values.count - 3) more..." : "")
    }

    private static func map(_ value: JSONValue?) -> String {
        let pairs = (value?.object ?? [:]).map { "\($0.key)=\($0.value.string ?? "")" }.sorted()
        return pairs.isEmpty ? "<none>" : pairs.joined(separator: ",")
    }

    /// An age as kubectl prints it: seconds up to two minutes, then with coarser units.
    static func age(since text: String?, now: Int64) -> String {
        guard let text, let start = Timestamp.secondsSinceEpoch(text) else { return "<unknown>" }
        let seconds = max(0, now - start)
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
        switch seconds {
        case ..<120: return "\(seconds)s"
        case ..<600: return seconds % 60 == 0 ? "\(minutes)m" : "\(minutes)m\(seconds % 60)s"
        case ..<10_800: return "\(minutes)m"
        case ..<28_800: return minutes % 60 == 0 ? "\(hours)h" : "\(hours)h\(minutes % 60)m"
        case ..<172_800: return "\(hours)h"
        case ..<691_200: return hours % 24 == 0 ? "\(days)d" : "\(days)d\(hours % 24)h"
        case ..<63_072_000: return "\(days)d"
        default: return "\(days / 365)y"
        }
    }
}

extension String {
    /// Without the line ends at its end.
    fileprivate var trimmingNewlines: String {
        var text = self
        while let last = text.last, last.isNewline { text.removeLast() }
        return text
    }
}
