import FoundationEssentials
import Glibc
import KubeSim

/// Reads and writes whole files, with errors that name the file.
enum FileAccess {
    static func read(_ path: String) throws -> Data {
        do {
            return try Data(contentsOf: URL(filePath: path))
        } catch {
            throw KubeSimError(code: .cannotReadFile, message: "cannot read \(path): \(reason(error))")
        }
    }

    /// Writes beside the file and renames, so that whoever waits for the file finds it whole.
    static func write(_ text: String, to path: String, mode: mode_t) throws {
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { throw failure(path) }
            bytes = bytes.dropFirst(written)
        }
        guard rename(temporary, path) == 0 else { throw failure(path) }
    }

    /// Writes a text to standard error, as far as that takes it.
    static func writeToStandardError(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func failure(_ path: String) -> KubeSimError {
        KubeSimError(code: .cannotWriteFile, message: "cannot write \(path): \(String(cString: strerror(errno)))")
    }

    private static func reason(_ error: any Error) -> String {
        (error as? CocoaError)?.code == .fileReadNoSuchFile ? "no such file" : "\(error)"
    }
}
