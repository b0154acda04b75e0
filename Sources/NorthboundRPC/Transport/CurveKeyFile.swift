public import Bindings

/// The files that hold CURVE keys.
///
/// A line is blank, a comment (`#` and a blank, or `#` alone), or words between blanks. Keys are 40 characters of Z85.
///
/// ```
/// key pair        mode 0600 or less       public KEY
///                                         secret KEY
/// public key      mode 0644 or less       public KEY
/// clients         mode 0644 or less       KEY NAME            one line per client; the name is optional
/// ```
public enum CurveKeyFile {
    /// Reads a key pair.
    ///
    /// - Throws: `forbidden` when others may read the file, `invalidConfiguration` when it holds no pair, `system`.
    public static func readKeyPair(_ path: String) throws(TransportError) -> CurveKeyPair {
        let entries = try readEntries(path, protection: .secret)
        guard let publicKey = entries["public"], let secretKey = entries["secret"], entries.count == 2 else {
            throw TransportError(
                code: .invalidConfiguration, message: "\(path): wanted are two lines, public and secret")
        }
        do throws(ZeroMQError) {
            return try CurveKeyPair(publicKey: publicKey, secretKey: secretKey)
        } catch {
            throw TransportError(code: .invalidConfiguration, message: "\(path): \(error.message)")
        }
    }

    /// Reads a public key out of the file that was made for it, or out of a key pair's file.
    ///
    /// - Throws: `forbidden` when others may write the file, `invalidConfiguration` when it holds no key, `system`.
    public static func readPublicKey(_ path: String) throws(TransportError) -> String {
        let entries = try readEntries(path, protection: .unforgeable)
        guard let publicKey = entries["public"], CurveKeyPair.isKey(publicKey) else {
            throw TransportError(code: .invalidConfiguration, message: "\(path): wanted is a line \"public KEY\"")
        }
        return publicKey
    }

    /// Reads the list of clients that may come in.
    ///
    /// - Throws: `forbidden` when others may write the file, `invalidConfiguration` naming the line, `system`.
    public static func readAllowedClients(_ path: String) throws(TransportError) -> AllowedClients {
        var names: [String: String] = [:]
        for (number, line) in try readLines(path, protection: .unforgeable) {
            let words = line.split(separator: " ", maxSplits: 1)
            let key = String(words[0])
            guard CurveKeyPair.isKey(key) else {
                throw TransportError(
                    code: .invalidConfiguration, message: "\(path), line \(number): not a public key of 40 characters")
            }
            guard names[key] == nil else {
                throw TransportError(
                    code: .invalidConfiguration, message: "\(path), line \(number): the key is there twice")
            }
            names[key] = words.count > 1 ? words[1].trimmingBlanks : ""
        }
        return AllowedClients(names: names)
    }

    /// Writes a new pair to `path` (mode 0600) and its public half to `path` + `.pub` (mode 0644).
    ///
    /// - Throws: `invalidConfiguration` when one of the files is there already, `system`.
    public static func write(_ keyPair: CurveKeyPair, to path: String) throws(TransportError) {
        let pair =
            "# CURVE key pair of Cosmolet. Keep it secret.\npublic \(keyPair.publicKey)\nsecret \(keyPair.secretKey)\n"
        let half = "# CURVE public key of Cosmolet, for the other side.\npublic \(keyPair.publicKey)\n"
        do throws(ZeroMQError) {
            try GuardedFile.create(path, mode: 0o600, content: Array(pair.utf8))
            try GuardedFile.create("\(path).pub", mode: 0o644, content: Array(half.utf8))
        } catch {
            throw TransportError(error)
        }
    }

    private static func readEntries(
        _ path: String, protection: GuardedFile.Protection
    ) throws(TransportError) -> [String: String] {
        var entries: [String: String] = [:]
        for (number, line) in try readLines(path, protection: protection) {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count == 2, entries.updateValue(String(words[1]), forKey: String(words[0])) == nil else {
                // The line itself may be a secret.
                throw TransportError(
                    code: .invalidConfiguration,
                    message: "\(path), line \(number): not \"public KEY\" or \"secret KEY\"")
            }
        }
        return entries
    }

    private static func readLines(
        _ path: String, protection: GuardedFile.Protection
    ) throws(TransportError) -> [(number: Int, line: String)] {
        let content: [UInt8]
        do throws(ZeroMQError) {
            content = try GuardedFile.read(path, protection: protection)
        } catch {
            throw TransportError(error)
        }
        var lines: [(number: Int, line: String)] = []
        let parts = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, bytes) in parts.enumerated() {
            let line = String(decoding: bytes, as: UTF8.self).trimmingBlanks
            // A key may begin with "#", but has no blank.
            if line.isEmpty || line == "#" || line.hasPrefix("# ") { continue }
            lines.append((index + 1, line))
        }
        return lines
    }
}

extension StringProtocol {
    fileprivate var trimmingBlanks: String {
        let isBlank = { (character: Character) in character.isWhitespace }
        let start = drop(while: isBlank)
        let end = start.lastIndex { !isBlank($0) }
        return end.map { String(start[...$0]) } ?? ""
    }
}
