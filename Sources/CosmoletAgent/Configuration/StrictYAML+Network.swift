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

    /// A list of prefixes.
    func prefixes() throws(ConfigurationError) -> [IPPrefix] {
        var result: [IPPrefix] = []
        for item in try list() {
            let text = try item.string()
            do { result.append(try IPPrefix(text)) } catch { throw item.error(error.description) }
        }
        return result
    }
}
