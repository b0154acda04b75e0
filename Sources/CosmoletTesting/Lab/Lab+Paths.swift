internal import Foundation

extension Lab {
    /// The BGP paths of a router, of all prefixes in its kernel: communities by the address of the node that sent it, by
    /// prefix. Communities are numbers, the well-known ones too: `65535:0` is GRACEFUL_SHUTDOWN.
    public func paths(_ router: String) async throws -> [String: [String: [String]]] {
        struct Answer: Decodable {
            struct Path: Decodable {
                var from: String
                var communities: [String]
            }
            struct Route: Decodable {
                var prefix: String
                var paths: [Path]
            }
            var routes: [Route]
        }
        let output = try await Command.run(
            script, ["routes", "--name", description.name, "--json", "--paths", router, "--all"])
        let answer = try JSONDecoder().decode(Answer.self, from: Data(output.utf8))
        return Dictionary(
            answer.routes.map { route in
                (route.prefix, Dictionary(route.paths.map { ($0.from, $0.communities) }, uniquingKeysWith: { $1 }))
            }, uniquingKeysWith: { $1 })
    }
}
