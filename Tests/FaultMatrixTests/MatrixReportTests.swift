import CosmoletTesting
import Foundation
import Northbound
import Testing

/// The matrix cannot be green without having been played, and its reports show where it ended.
@Suite struct MatrixReportTests {
    private func lab(_ nodes: [(name: String, release: String, hasModule: Bool)]) throws -> Lab {
        let description: [String: Any] = [
            "name": "none", "dir": "/nonexistent", "routers": [[String: String]](),
            "nodes": nodes.map { node in
                var json = [
                    "name": node.name, "namespace": node.name, "frrVersion": node.release, "ipv4": "192.0.2.1",
                    "dialectExpected": "native", "managementSocket": "/nonexistent/mgmtd", "ipv6": "2001:db8::1",
                ]
                if node.hasModule { json["northboundSocket"] = "/nonexistent/module" }
                return json
            },
        ]
        let path = NSTemporaryDirectory() + "matrix-\(UUID().uuidString).json"
        try JSONSerialization.data(withJSONObject: description).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try Lab(describedBy: path, repository: "/nonexistent")
    }

    @Test func eachProviderHasToBeThereOnEachRelease() throws {
        let whole = [("a", "10.3", false), ("b", "10.7.1", false), ("c", "10.3", true), ("d", "10.7.1", true)]
        #expect(try MatrixEnvironment.providers(of: lab(whole)).count == 4)
        let lacking = [
            [], Array(whole[..<2]), Array(whole[2...]), Array(whole[..<3]),
            whole.map { ($0.0, $0.1, false) }, whole.map { ($0.0, "10.3", $0.2) },
        ]
        for nodes in lacking {
            #expect(throws: MatrixFailure.self) { try MatrixEnvironment.providers(of: lab(nodes)) }
        }
    }

    @Test func aDiaryShowsItsEnd() async throws {
        var diary = Diary()
        for number in 1...1000 { diary.add(.sessionLost("loss \(number)")) }
        let observed = Observed(diary)
        let error = await #expect(throws: DeadlineExceeded.self) {
            try await observed.wait(for: "news", timeout: .zero) { $0.count > 1000 }
        }
        #expect(error?.description.contains("1000 events") == true)
        #expect(error?.description.contains("loss 1000") == true)
    }
}
