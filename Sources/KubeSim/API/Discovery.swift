/// The documents from which clients learn what the server has: versions, groups, resources, OpenAPI.
enum Discovery {
    /// The version this server says it is; the fields beyond those are only there because clients expect them.
    static let version: JSONValue = [
        "major": "1", "minor": "32", "gitVersion": "v1.32.0+kubesim", "gitCommit": "kubesim", "gitTreeState": "clean",
        "buildDate": "2025-01-01T00:00:00Z", "goVersion": "none", "compiler": "swift", "platform": "linux/amd64",
    ]

    /// The answer to a path below the root, or nil if it is none of discovery's.
    static func document(_ path: [String]) -> JSONValue? {
        switch path {
        case ["version"]: version
        case ["api"]:
            [
                "kind": "APIVersions", "versions": ["v1"],
                "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": ""]],
            ]
        case ["apis"]:
            ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(groups.map(groupDocument))]
        case []:
            ["paths": .array(rootPaths.map(JSONValue.string))]
        case ["openapi", "v3"]:
            ["paths": .object(Dictionary(uniqueKeysWithValues: groupVersions.map(openAPIReference)))]
        default: deeper(path)
        }
    }

    /// `v1` and the versions of the groups, as paths have them.
    private static let groupVersions: [(group: String, version: String)] = {
        var seen: [(group: String, version: String)] = []
        for type in ResourceType.all where !seen.contains(where: { $0 == (type.group, type.version) }) {
            seen.append((type.group, type.version))
        }
        return seen
    }()

    private static let groups = groupVersions.filter { !$0.group.isEmpty }

    private static let rootPaths = [
        "/api", "/api/v1", "/apis", "/apis/discovery.k8s.io", "/apis/discovery.k8s.io/v1", "/healthz", "/livez",
        "/openapi/v2", "/openapi/v3", "/readyz", "/version", "/kubesim/faults", "/kubesim/requests",
        "/kubesim/reset", "/kubesim/watches",
    ]

    private static func deeper(_ path: [String]) -> JSONValue? {
        switch (path.first, path.count) {
        case ("api", 2): return resources(group: "", version: path[1])
        case ("apis", 2):
            guard let group = groups.first(where: { $0.group == path[1] }) else { return nil }
            var document = groupDocument(group)
            document["kind"] = "APIGroup"
            document["apiVersion"] = "v1"
            return document
        case ("apis", 3): return resources(group: path[1], version: path[2])
        case ("openapi", 4) where path[1...2] == ["v3", "api"]: return openAPI(group: "", version: path[3])
        case ("openapi", 5) where path[1...2] == ["v3", "apis"]: return openAPI(group: path[3], version: path[4])
        default: return nil
        }
    }

    private static func groupDocument(_ group: (group: String, version: String)) -> JSONValue {
        let version: JSONValue = [
            "groupVersion": .string("\(group.group)/\(group.version)"), "version": .string(group.version),
        ]
        return ["name": .string(group.group), "versions": [version], "preferredVersion": version]
    }

    private static func resources(group: String, version: String) -> JSONValue? {
        let types = ResourceType.all.filter { $0.group == group && $0.version == version }
        guard let first = types.first else { return nil }
        var list: [JSONValue] = []
        for type in types {
            var entry: JSONValue = [
                "name": .string(type.plural), "singularName": .string(type.singular),
                "namespaced": .bool(type.isNamespaced), "kind": .string(type.kind),
                "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
            ]
            if !type.shortNames.isEmpty { entry["shortNames"] = .array(type.shortNames.map(JSONValue.string)) }
            if type == .services || type == .pods { entry["categories"] = ["all"] }
            list.append(entry)
            if type.hasStatus {
                list.append([
                    "name": .string("\(type.plural)/status"), "singularName": "",
                    "namespaced": .bool(type.isNamespaced), "kind": .string(type.kind),
                    "verbs": ["get", "patch", "update"],
                ])
            }
        }
        return [
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(first.apiVersion),
            "resources": .array(list),
        ]
    }

    // MARK: - OpenAPI

    private static func openAPIReference(_ version: (group: String, version: String)) -> (String, JSONValue) {
        let path = version.group.isEmpty ? "api/\(version.version)" : "apis/\(version.group)/\(version.version)"
        return (path, ["serverRelativeURL": .string("/openapi/v3/\(path)")])
    }

    /// Just enough OpenAPI v3 for kubectl to see that the server itself validates fields on a patch.
    ///
    /// The schemas say that anything is allowed, so that clients validate nothing on their own.
    private static func openAPI(group: String, version: String) -> JSONValue? {
        let types = ResourceType.all.filter { $0.group == group && $0.version == version }
        guard let first = types.first else { return nil }
        var paths: JSONValue = [:]
        var schemas: JSONValue = [:]
        let root = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        for type in types {
            let identity: JSONValue = [
                "group": .string(group), "version": .string(version), "kind": .string(type.kind),
            ]
            let scope = type.isNamespaced ? "/namespaces/{namespace}" : ""
            let operation: JSONValue = [
                "responses": ["200": ["description": "OK"]],
                "parameters": .array(
                    ["dryRun", "fieldManager", "fieldValidation", "force"].map { name in
                        ["name": .string(name), "in": "query", "schema": ["type": "string"]]
                    }),
                "x-kubernetes-group-version-kind": identity,
            ]
            paths["\(root)\(scope)/\(type.plural)"] = ["post": operation]
            paths["\(root)\(scope)/\(type.plural)/{name}"] = ["patch": operation, "put": operation]
            schemas["io.kubesim.\(type.kind)"] = [
                "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                "x-kubernetes-group-version-kind": [identity],
            ]
        }
        return [
            "openapi": "3.0.0", "info": ["title": "kubesim", "version": .string(first.apiVersion)], "paths": paths,
            "components": ["schemas": schemas],
        ]
    }
}
