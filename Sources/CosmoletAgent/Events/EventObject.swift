internal import Announcements
internal import Foundation

/// An Event of core/v1, as it is created.
struct EventObject: Sendable, Encodable, Hashable {
    struct Metadata: Sendable, Encodable, Hashable {
        var name: String
        var namespace: String
    }

    struct Reference: Sendable, Encodable, Hashable {
        var apiVersion = "v1"
        var kind: String
        /// Nil for a Node.
        var namespace: String?
        var name: String
        var uid: String
    }

    struct Source: Sendable, Encodable, Hashable {
        var component = EventObject.component
        var host: String
    }

    static let component = "cosmolet"
    /// Longer messages are cut.
    private static let messageLimit = 1000

    var apiVersion = "v1"
    var kind = "Event"
    var metadata: Metadata
    var involvedObject: Reference
    var reason: String
    var message: String
    var type: String
    var source: Source
    var reportingComponent = component
    var reportingInstance: String
    var firstTimestamp: String
    var lastTimestamp: String
    var count = 1

    /// - Parameters:
    ///   - uid: of the object; without the right one `kubectl describe` does not find the Event.
    ///   - host: the node that tells it.
    init(_ notice: EventNotice, name: String, uid: String, host: String, at time: Date) {
        metadata = Metadata(name: name, namespace: notice.object.namespace)
        switch notice.object {
        case .service(let id):
            involvedObject = Reference(kind: "Service", namespace: id.namespace, name: id.name, uid: uid)
        case .node(let name): involvedObject = Reference(kind: "Node", name: name, uid: uid)
        }
        reason = notice.reason
        message = Self.cut(notice.message)
        type = notice.severity.rawValue
        source = Source(host: host)
        reportingInstance = host
        firstTimestamp = time.formatted(.iso8601)
        lastTimestamp = firstTimestamp
    }

    fileprivate static func cut(_ message: String) -> String {
        message.count > messageLimit ? "\(message.prefix(messageLimit - 3))..." : message
    }
}

/// The same thing happened again: what is changed of the Event that told it first.
struct EventRepetition: Sendable, Encodable, Hashable {
    var count: Int
    var lastTimestamp: String
    var message: String

    init(_ notice: EventNotice, count: Int, at time: Date) {
        self.count = count
        lastTimestamp = time.formatted(.iso8601)
        message = EventObject.cut(notice.message)
    }
}
