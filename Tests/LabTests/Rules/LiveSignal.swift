import KubeSim

/// A signal of the own Node, and what it does to what the node announces.
struct LiveSignal: Sendable {
    /// What the node announces no more.
    enum Effect: Sendable {
        case nothing, loadBalancerIPs, everything
    }

    var name: String
    /// Reason of a VIP of a LoadBalancer while the signal is there.
    var reason: String
    var effect: Effect
    var subresource: String?
    var patch: JSONValue
    var undo: JSONValue

    private static let exclusion = "node.kubernetes.io/exclude-from-external-load-balancers"

    /// In an order in which each drain finds something to drain.
    static let all: [LiveSignal] = [
        LiveSignal(
            name: "exclusion label", reason: "NodeExcluded", effect: .loadBalancerIPs,
            patch: ["metadata": ["labels": .object([exclusion: ""])]],
            undo: ["metadata": ["labels": .object([exclusion: .null])]]),
        LiveSignal(
            name: "annotation", reason: "DrainedNodeAnnotation", effect: .everything,
            patch: ["metadata": ["annotations": ["cosmolet.io/drain": "true"]]],
            undo: ["metadata": ["annotations": ["cosmolet.io/drain": .null]]]),
        none,
        LiveSignal(
            name: "cordon", reason: "DrainedNodeCordoned", effect: .everything,
            patch: ["spec": ["unschedulable": true]], undo: ["spec": ["unschedulable": .null]]),
        LiveSignal(
            name: "exclusion label false", reason: "NodeExcluded", effect: .loadBalancerIPs,
            patch: ["metadata": ["labels": .object([exclusion: "false"])]],
            undo: ["metadata": ["labels": .object([exclusion: .null])]]),
        LiveSignal(
            name: "taint", reason: "DrainedNodeTainted", effect: .everything,
            patch: ["spec": ["taints": [["key": "example.com/out", "value": "yes", "effect": "NoExecute"]]]],
            undo: ["spec": ["taints": .null]]),
        LiveSignal(
            name: "other taint", reason: "EndpointInCluster", effect: .nothing,
            patch: ["spec": ["taints": [["key": "example.com/out", "effect": "NoSchedule"]]]],
            undo: ["spec": ["taints": .null]]),
        condition(
            "NetworkUnavailable", "True", "False", reason: "NodeNetworkUnavailable"),
        none,
        condition("Ready", "Unknown", "True", reason: "DrainedNodeNotReady"),
    ]

    /// Conditions that a healthy node has; patches replace the list.
    static let healthy = conditions(ready: "True", networkUnavailable: "False")

    private static let none = LiveSignal(
        name: "none", reason: "EndpointInCluster", effect: .nothing, patch: ["metadata": ["labels": ["x": "y"]]],
        undo: ["metadata": ["labels": ["x": .null]]])

    private static func condition(_ type: String, _ bad: String, _ good: String, reason: String) -> LiveSignal {
        LiveSignal(
            name: "\(type) \(bad)", reason: reason, effect: .everything, subresource: "status",
            patch: conditions(
                ready: type == "Ready" ? bad : "True", networkUnavailable: type == "Ready" ? "False" : bad),
            undo: healthy)
    }

    static func conditions(ready: String, networkUnavailable: String) -> JSONValue {
        [
            "status": [
                "conditions": [
                    ["type": "Ready", "status": .string(ready)],
                    ["type": "NetworkUnavailable", "status": .string(networkUnavailable)],
                ]
            ]
        ]
    }
}
