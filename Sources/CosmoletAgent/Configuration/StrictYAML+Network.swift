internal import NetworkTypes

extension StrictYAML {
    /// `HOST:PORT`, nil for `off`.
    func httpAddress() throws(ConfigurationError) -> HTTPAddress? {
        let text = try string()
        guard text != "off" else { return nil }
        guard let address = HTTPAddress(text) else {
            throw error("is \"\(text)\", but HOST:PORT, [IPv6]:PORT or off is expected")
        }
        return address
    }
}

extension ValueKind where Value == [IPPrefix] {
    /// A list of prefixes of which none lies within another.
    static let prefixes = ValueKind(
        .list(.text(pattern: "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$"), isSet: true),
        read: { yaml, errors in
            let items: [StrictYAML]
            do throws(ConfigurationError) { items = try yaml.list() } catch {
                errors.append(error)
                return nil
            }
            var result: [IPPrefix] = []
            for item in items {
                do throws(ConfigurationError) {
                    let prefix = try item.prefix()
                    if let index = result.firstIndex(where: { $0.contains(prefix) || prefix.contains($0) }) {
                        throw item.error(overlap(prefix, result[index], index))
                    }
                    result.append(prefix)
                } catch {
                    errors.append(error)
                }
            }
            return result
        },
        write: { .list($0.map { .text($0.description) }) })

    private static func overlap(_ prefix: IPPrefix, _ other: IPPrefix, _ index: Int) -> String {
        if prefix == other { return "\(prefix) stands in the list already, as item \(index); take one of them out" }
        let (inner, outer) = prefix.contains(other) ? (other, prefix) : (prefix, other)
        return
            "overlaps item \(index): \(inner) lies within \(outer); take \(inner) out, or \(outer) if that is too much"
    }
}

extension StrictYAML {
    /// A list of prefixes of which none lies within another.
    func prefixes() throws(ConfigurationError) -> [IPPrefix] {
        var errors: [ConfigurationError] = []
        let result = ValueKind<[IPPrefix]>.prefixes.read(self, &errors)
        if let error = errors.first { throw error }
        return result ?? []
    }

    fileprivate func prefix() throws(ConfigurationError) -> IPPrefix {
        let text = try string()
        do { return try IPPrefix(text) } catch { throw self.error(error.description) }
    }
}
