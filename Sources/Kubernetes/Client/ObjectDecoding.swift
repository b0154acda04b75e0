internal import Foundation

/// Decodes objects, items of lists and watch events. One broken object does not hurt its neighbours: it is reported by
/// name.
struct ObjectDecoder<Resource: KubernetesResource>: Sendable {
    /// Reused: making one costs more than decoding a small event.
    private let decoder = JSONDecoder()

    /// Reads `metadata` of a list.
    ///
    /// - Throws: `malformedResponse` when it is none.
    func listMetadata(_ text: [UInt8], request: String) throws(KubernetesError) -> ListMetadata {
        do {
            return try decoder.decode(ListMetadata.self, from: Data(text))
        } catch {
            throw malformed("\(request): the answer is not a list: metadata", error)
        }
    }

    /// Reads an item of a list. An object that is JSON but not of this kind is reported, not thrown.
    ///
    /// - Parameter place: the item's, for messages.
    /// - Throws: `malformedResponse` when it is not JSON.
    func item(_ text: [UInt8], place: String, request: String) throws(KubernetesError) -> DecodedObject<Resource> {
        do {
            return try decoder.decode(DecodedObject<Resource>.self, from: Data(text))
        } catch {
            throw malformed("\(request): the answer is not a list: \(place)", error)
        }
    }

    /// Reads one line of a watch; nil for a type of event that is not known.
    ///
    /// - Throws: `malformedResponse` when the line is no event, or a deletion of who knows what: then an event is lost.
    func event(_ line: ArraySlice<UInt8>, request: String) throws(KubernetesError) -> WatchEvent<Resource>? {
        let body: EventBody<Resource>
        do {
            body = try decoder.decode(EventBody<Resource>.self, from: Data(line))
        } catch {
            throw malformed("\(request): a line of the watch is not an event", error)
        }
        switch body {
        case .applied(.object(let object)): return .applied(object)
        case .applied(.invalid(let object)): return .invalid(object)
        case .deleted(.object(let object)): return .deleted(object)
        case .deleted(.invalid(let object)):
            throw KubernetesError(
                code: .malformedResponse,
                message: "\(request): a DELETED event does not say of which object: \(object.reason)")
        case .bookmark(let version): return .bookmark(resourceVersion: version)
        case .error(let status):
            return .error(KubernetesError("\(request) (event)", status: status.code ?? 500, answer: status))
        case .unknown: return nil
        }
    }

    /// Reads a single object.
    func object(_ body: [UInt8], request: String) throws(KubernetesError) -> Resource {
        do {
            return try decoder.decode(Resource.self, from: Data(body))
        } catch {
            throw malformed("\(request): the answer is not the object", error)
        }
    }

    private func malformed(_ message: String, _ error: any Error) -> KubernetesError {
        KubernetesError(code: .malformedResponse, message: "\(message): \(reason(of: error))")
    }
}

/// An object, or what could be read of it. Decoding one never throws, so the list around it can go on.
enum DecodedObject<Resource: KubernetesResource>: Decodable {
    case object(Resource)
    case invalid(InvalidObject)

    init(from decoder: any Decoder) {
        do {
            self = .object(try Resource(from: decoder))
        } catch {
            let remains = try? Remains(from: decoder)
            self = .invalid(
                InvalidObject(
                    name: ObjectName(namespace: remains?.namespace ?? "", name: remains?.name ?? ""),
                    reason: reason(of: error), resourceVersion: remains?.resourceVersion))
        }
    }
}

/// Each part of the identity of a broken object, as far as it is readable by itself.
private struct Remains: Decodable {
    var name: String?
    var namespace: String?
    var resourceVersion: String?

    private enum CodingKeys: String, CodingKey {
        case metadata, name, namespace, resourceVersion
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let metadata = try container.nestedContainer(keyedBy: CodingKeys.self, forKey: .metadata)
        name = try? metadata.decode(String.self, forKey: .name)
        namespace = try? metadata.decode(String.self, forKey: .namespace)
        resourceVersion = try? metadata.decode(String.self, forKey: .resourceVersion)
    }
}

/// What a list says of itself.
struct ListMetadata: Decodable {
    var resourceVersion: String?
    var `continue`: String?
}

private enum EventBody<Resource: KubernetesResource>: Decodable {
    case applied(DecodedObject<Resource>)
    case deleted(DecodedObject<Resource>)
    case bookmark(String)
    case error(APIStatus)
    case unknown

    private enum CodingKeys: String, CodingKey {
        case type, object
    }

    private struct Bookmark: Decodable {
        struct Metadata: Decodable { var resourceVersion: String }
        var metadata: Metadata
    }

    private struct Identity: Decodable {
        var metadata: ObjectMeta
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .type) {
        case "ADDED", "MODIFIED":
            self = .applied(try container.decode(DecodedObject<Resource>.self, forKey: .object))
        case "DELETED":
            let object = try container.decode(DecodedObject<Resource>.self, forKey: .object)
            // The identity is enough to forget an object.
            if case .invalid = object, let identity = try? container.decode(Identity.self, forKey: .object) {
                self = .deleted(.object(Resource(metadata: identity.metadata)))
            } else {
                self = .deleted(object)
            }
        case "BOOKMARK":
            self = .bookmark(try container.decode(Bookmark.self, forKey: .object).metadata.resourceVersion)
        case "ERROR":
            self = .error(try container.decode(APIStatus.self, forKey: .object))
        default:
            self = .unknown
        }
    }
}

/// Which field is wrong and how, without the field's value.
private func reason(of error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    let (context, what): (DecodingError.Context, String) =
        switch error {
        case .typeMismatch(let type, let context): (context, "is not a \(type)")
        case .valueNotFound(let type, let context): (context, "is null, not a \(type)")
        case .keyNotFound(let key, let context): (context, "lacks \(key.stringValue)")
        case .dataCorrupted(let context): (context, context.debugDescription)
        @unknown default: (.init(codingPath: [], debugDescription: ""), "\(error)")
        }
    return "\(fieldPath(context.codingPath)) \(what)"
}

/// Writes a path as in `spec.ports[2].port`.
func fieldPath(_ path: [any CodingKey]) -> String {
    var text = ""
    for key in path {
        if let index = key.intValue {
            text += "[\(index)]"
        } else {
            text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
        }
    }
    return text.isEmpty ? "the whole" : text
}
