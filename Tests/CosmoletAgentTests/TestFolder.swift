import Foundation

/// A folder of a test's own, gone with the value.
final class TestFolder: Sendable {
    let path = "/tmp/cosmolet-\(UUID().uuidString.prefix(8))"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The lines of a file in it; none when it does not exist.
    func lines(_ name: String) -> [String] {
        guard let data = FileManager.default.contents(atPath: "\(path)/\(name)") else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
