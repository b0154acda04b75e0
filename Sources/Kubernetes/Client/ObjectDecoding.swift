internal import Foundation

/// Reads pages and watch events. One broken object does not hurt its neighbours: it is reported by name.
struct ObjectDecoder<Resource: KubernetesResource>: Sendable {
    /// Reused: making one costs more than decoding a small event.
    private let decoder = JSONDecoder()

    /// Reads the body of a list.
    ///
    /// - Throws: `malformedResponse` when it is no list.
    func page(_ body: [UInt8], request: String) throws(KubernetesError) -> ListPage<Resource> {
        let list: ListBody<Resource>
        do {
            list = try decoder.decode(ListBody<Resource>.self, from: Data(body))
        } catch {
            throw malformed("\(request): the answer is not a list", error)
        }
        var page = ListPage<Resource>(
            items: [], resourceVersion: list.metadata.resourceVersion ?? "", continueToken: list.metadata.continue)
        if page.continueToken?.isEmpty == true { page.continueToken = nil }
        guard !page.resourceVersion.isEmpty else {
            throw KubernetesError(
                code: .malformedResponse, message: "\(request): the list has no metadata.resourceVersion")
        }
        page.items.reserveCapacity(list.items?.count ?? 0)
        for item in list.items ?? [] {
            switch item {
            case .object(let object): page.items.append(object)
            case .invalid(let object): page.invalid.append(object)
            }
        }
        return page
    }

    /// Reads one line of a watch; nil for a type of event that is not known.
    ///
    /// - Throws: `malformedResponse` when the line is no event: then an event is lost.
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
        case .deleted(.invalid(let object)): return .invalid(object)
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
private enum Lenient<Resource: KubernetesResource>: Decodable {
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

private struct ListBody<Resource: KubernetesResource>: Decodable {
    struct Metadata: Decodable {
        var resourceVersion: String?
        var `continue`: String?
    }

    var metadata: Metadata
    var items: [Lenient<Resource>]?
}

private enum EventBody<Resource: KubernetesResource>: Decodable {
    case applied(Lenient<Resource>)
    case deleted(Lenient<Resource>)
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
            self = .applied(try container.decode(Lenient<Resource>.self, forKey: .object))
        case "DELETED":
            let object = try container.decode(Lenient<Resource>.self, forKey: .object)
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
