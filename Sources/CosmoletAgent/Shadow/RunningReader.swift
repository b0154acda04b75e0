internal import Foundation
public import Logging
public import Northbound
internal import NorthboundRPC

/// Reads what FRR announces with our mark, without changing anything: no lease is taken and nothing is put back.
public struct RunningReader: Sendable {
    private let configuration: AgentConfiguration
    private let endpoint: NorthboundEndpoint
    private let logger: Logger

    /// Makes a reader of a configuration's northbound, or else of its FRR; nothing is asked before `read()`.
    public init(_ configuration: AgentConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        endpoint = configuration.northbound.connect ?? configuration.provider
    }

    /// Where it reads.
    public var source: String { "\(endpoint)" }

    /// False when the socket is a file that is not there.
    public var hasSocket: Bool {
        let path: String? =
            switch endpoint {
            case .mgmtd(let socket), .bgpd(let socket): socket
            case .automatic(let mgmtd, _): mgmtd ?? configuration.socket
            case .service(.ipc(let path)): path
            case .service(.tcp): nil
            }
        return path.map { FileManager.default.fileExists(atPath: $0) } ?? true
    }

    /// Reads once.
    public func read() async throws(ManagementError) -> Set<Network> {
        if case .service(let transport) = endpoint { return try await read(transport) }
        guard let providers = Providers(configuration, endpoint: endpoint, logger: logger) else {
            preconditionFailure("\(endpoint) is neither FRR nor a northbound")
        }
        let session = providers.makeSession(isReadOnly: true)
        do throws(ManagementError) {
            _ = try await session.open()
            let networks = try await session.networks()
            await session.close()
            return networks
        } catch {
            await session.close()
            throw error
        }
    }

    private func read(_ transport: TransportEndpoint) async throws(ManagementError) -> Set<Network> {
        let client: NorthboundClient
        do {
            let security = try configuration.northbound.clientSecurity()
            client = NorthboundClient(
                configuration: RequestClientConfiguration(endpoint: transport, security: security),
                client: "plan/\(NSUserName())")
            try await client.start()
        } catch {
            throw ManagementError(.unreachable, "\(transport): \(error)")
        }
        do throws(NorthboundError) {
            let networks = try await client.get(.config)
            await client.close()
            return networks
        } catch {
            await client.close()
            throw ManagementError(.unreachable, "\(transport): \(error.message)")
        }
    }
}
