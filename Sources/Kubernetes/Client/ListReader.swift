/// Reads a page of a list while it arrives: each item is decoded once its last byte is there, and its text dropped.
struct ListReader<Resource: KubernetesResource>: Sendable {
    private let request: String
    private let decoder = ObjectDecoder<Resource>()
    private let byteLimit: Int
    private var byteCount = 0
    private var scanner: ListScanner
    private var page = ListPage<Resource>(items: [], resourceVersion: "")

    /// - Parameters:
    ///   - request: method and path, for messages.
    ///   - byteLimit: a longer page is refused.
    ///   - itemByteLimit: a page with a longer item is refused.
    init(request: String, byteLimit: Int = 512 << 20, itemByteLimit: Int = 16 << 20) {
        self.request = request
        self.byteLimit = byteLimit
        scanner = ListScanner(itemByteLimit: itemByteLimit)
    }

    /// Takes a piece of the answer's body.
    ///
    /// - Throws: `malformedResponse` when it is no list, `tooLarge` beyond a limit.
    mutating func append(_ piece: [UInt8]) throws(KubernetesError) {
        byteCount += piece.count
        guard byteCount <= byteLimit else {
            throw KubernetesError(code: .tooLarge, message: "\(request): the answer is over \(byteLimit) bytes")
        }
        scanner.append(piece)
        while let part = try nextPart() {
            switch part {
            case .metadata(let text):
                let metadata = try decoder.listMetadata(text, request: request)
                page.resourceVersion = metadata.resourceVersion ?? ""
                page.continueToken = metadata.continue.flatMap { $0.isEmpty ? nil : $0 }
            case .item(let text):
                switch try decoder.item(text, place: "items[\(scanner.itemCount - 1)]", request: request) {
                case .object(let object): page.items.append(object)
                case .invalid(let object): page.invalid.append(object)
                }
            }
        }
    }

    /// The page, when the body is at its end.
    ///
    /// - Throws: `malformedResponse` when the list is not, or says no resourceVersion.
    func finish() throws(KubernetesError) -> ListPage<Resource> {
        do throws(KubernetesError) {
            try scanner.finish()
        } catch {
            throw named(error)
        }
        guard !page.resourceVersion.isEmpty else {
            throw KubernetesError(
                code: .malformedResponse, message: "\(request): the list has no metadata.resourceVersion")
        }
        return page
    }

    private mutating func nextPart() throws(KubernetesError) -> ListScanner.Part? {
        do throws(KubernetesError) {
            return try scanner.next()
        } catch {
            throw named(error)
        }
    }

    private func named(_ error: KubernetesError) -> KubernetesError {
        var error = error
        error.message = "\(request): the answer is not a list: \(error.message)"
        return error
    }
}
