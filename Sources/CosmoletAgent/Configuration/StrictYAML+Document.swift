internal import Foundation
internal import Yams

extension StrictYAML {
    /// Far more than any configuration has; a ConfigMap holds as much at most.
    static let maximumByteCount = 1 << 20

    /// Reads the text of a file.
    ///
    /// - Throws: when it is too long or not UTF-8.
    static func text(of data: Data) throws(ConfigurationError) -> String {
        guard data.count <= maximumByteCount else {
            throw ConfigurationError("", "the file has \(data.count) bytes, but at most \(maximumByteCount) may be")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            let valid = String(decoding: data, as: UTF8.self).prefix { $0 != "\u{FFFD}" }
            throw ConfigurationError(
                "", line: valid.count { $0.isNewline } + 1, "the file is not UTF-8 text; save it as UTF-8")
        }
        return text
    }

    /// The root of a document; nil when it is empty.
    ///
    /// - Throws: when it is not YAML, or has a key twice.
    static func document(_ text: String) throws(ConfigurationError) -> StrictYAML? {
        do {
            guard let node = try compose(yaml: text), !node.isNull else { return nil }
            return StrictYAML(node)
        } catch let error as YamlError {
            throw ConfigurationError(error, in: text)
        } catch {
            throw ConfigurationError("", "is not valid YAML: \(error)")
        }
    }
}

extension ConfigurationError {
    /// The parser's words without the lines of the file that it shows, which may hold what is nobody's business.
    fileprivate init(_ error: YamlError, in text: String) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let begin = context.map { " \($0.text) that begins in line \($0.mark.line)," } ?? ""
            self.init("", line: mark.line, "is not valid YAML:\(begin) \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            let key = keys.first ?? ""
            self.init(
                "\(key)", line: context.mark.line,
                "the key stands twice in one mapping, first in this line; take one of the two out")
        case .reader(let problem, let offset, _, _):
            let line = offset.map { text.prefix($0).count { $0.isNewline } + 1 }
            self.init("", line: line, "is not valid YAML: \(problem)")
        default: self.init("", "is not valid YAML: \(error)")
        }
    }
}
