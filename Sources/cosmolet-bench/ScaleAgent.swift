internal import CosmoletTesting
internal import Foundation

/// The agent that is measured.
struct ScaleAgent: Sendable {
    /// The part of its log that matters.
    private struct Line: Decodable {
        struct Metadata: Decodable {
            var address: String?
            var durationMilliseconds: String?

            enum CodingKeys: String, CodingKey {
                case address
                case durationMilliseconds = "duration_ms"
            }
        }

        var message: String
        var metadata: Metadata?
    }

    private struct Told: Sendable {
        var address: String?
        var sinceLists: Double?
        var sinceStart: Duration?
    }

    let process: ManagedProcess
    let startedAt: ContinuousClock.Instant
    private let told = Observed(Told())

    init(program: String, node: LabDescription.Node, name: String, folder: String, kubeconfig: String) {
        let started = ContinuousClock.now
        startedAt = started
        process = ManagedProcess(
            name: "agent beside \(node.name)", program,
            [
                "agent", "--node", name, "--kubeconfig", kubeconfig, "--northbound", "mgmtd:\(node.managementSocket)",
                "--journal", "\(folder)/\(node.name).sqlite", "--http", "127.0.0.1:0", "--log-format", "json",
            ]
        ) { [told] text in
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)) else { return }
            switch line.message {
            case "serving metrics and probes": told.update { $0.address = line.metadata?.address }
            case "first plan made":
                told.update {
                    $0.sinceLists = line.metadata?.durationMilliseconds.flatMap(Double.init)
                    $0.sinceStart = started.duration(to: .now)
                }
            default: break
            }
        }
    }

    /// When it had planned for the first time: in milliseconds since everything was listed, and since its start.
    func firstPlan() async throws -> (sinceLists: Double, sinceStart: Duration) {
        let told = try await told.wait(for: "first plan of the agent", timeout: .seconds(300)) {
            $0.sinceStart != nil && $0.address != nil
        }
        guard let sinceLists = told.sinceLists, let sinceStart = told.sinceStart else {
            throw BenchError("the agent's log does not say how long the first plan took")
        }
        return (sinceLists, sinceStart)
    }

    var memory: ProcessMemory? {
        guard case .running(let pid) = process.phase.value else { return nil }
        return ProcessMemory(of: pid)
    }

    func metrics() async throws -> Scrape {
        Scrape(text: try await HTTPProbe.get(told.value.address ?? "", "/metrics").body)
    }
}

/// One answer of `/metrics`.
struct Scrape {
    let text: String

    /// The sum of a metric's samples.
    func sum(_ name: String) -> Double {
        text.split(separator: "\n").filter { $0.hasPrefix(name + " ") || $0.hasPrefix(name + "{") }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }
}
