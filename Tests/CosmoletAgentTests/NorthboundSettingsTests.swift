import CosmoletAgent
import Journal
import NetworkTypes
import Northbound
import NorthboundRPC
import Testing

@Suite struct NorthboundSettingsTests {
    private func read(_ yaml: String, defaults: NorthboundSettings = .process) throws -> NorthboundSettings {
        try AgentConfiguration(yaml: yaml, defaults: defaults).northbound
    }

    @Test func agentAndProcessListenAtDifferentPlacesByDefault() throws {
        let agent = AgentConfiguration().northbound
        #expect(agent.listen == nil && agent.publish == nil)
        #expect(agent.journal == "/var/lib/cosmolet/journal.sqlite")
        let process = try read("")
        #expect(process.listen?.description == "zmq+ipc:///run/cosmolet/northbound.sock")
        #expect(process.publish?.description == "zmq+ipc:///run/cosmolet/commits.sock")
        #expect(process.http == HTTPAddress(host: "127.0.0.1", port: 9724))
    }

    @Test func readsEveryKey() throws {
        let settings = try read(
            """
            northbound:
              connect: zmq+ipc:///run/a.sock
              provider: bgpd:/run/frr/cosmolet.sock
              listen: zmq+ipc:///run/b.sock
              publish: zmq+ipc:///run/c.sock
              http: "off"
              journal: off
              journalDays: 7
              journalRecords: 1000
              requireJournal: true
              commitLog: "-"
              group: frr
              curveKey: own.key
              curveClients: clients
              curveServer: server.pub
              allowedPrefixes: [198.51.100.0/24]
              maximumNetworks: 10
              maximumEdits: 5
              staleAfter: 30
              drainHold: 0
            """)
        #expect(settings.connect?.description == "zmq+ipc:///run/a.sock")
        #expect(settings.provider == .bgpd(socket: "/run/frr/cosmolet.sock"))
        #expect(settings.listen?.description == "zmq+ipc:///run/b.sock")
        #expect(settings.publish?.description == "zmq+ipc:///run/c.sock")
        #expect(settings.http == nil && settings.journal == nil && settings.requiresJournal)
        #expect(settings.retention.maximumAge == .seconds(7 * 86_400) && settings.retention.maximumCount == 1000)
        #expect(settings.commitLog == .standardOutput && settings.group == "frr")
        #expect(settings.curveKey == "own.key" && settings.curveClients == "clients")
        #expect(settings.curveServer == "server.pub")
        #expect(settings.policy.allowedPrefixes == [try IPPrefix("198.51.100.0/24")])
        #expect(settings.policy.maximumNetworks == 10 && settings.policy.maximumEdits == 5)
        #expect(settings.staleAfter == .seconds(30) && settings.drainHold == .zero)
    }

    @Test func retentionHasDefaultsAndNoAgeIsAChoice() throws {
        #expect(try read("").retention.maximumAge == .seconds(30 * 86_400))
        #expect(try read("").retention.maximumCount == 100_000)
        #expect(try read("northbound: {journalDays: off}").retention.maximumAge == nil)
        var settings = NorthboundSettings()
        try settings.set(.journalDays, flag: "--journal-days", to: "2")
        #expect(settings.retention.maximumAge == .seconds(2 * 86_400))
        let error = #expect(throws: ConfigurationError.self) {
            try settings.set(.journalRecords, flag: "--journal-records", to: "many")
        }
        #expect(error?.path == "--journal-records")
    }

    @Test func commitLogIsNotPublishedAtTheDefaultPlaceOfAnotherNorthbound() throws {
        #expect(try read("northbound: {listen: \"zmq+ipc:///run/b.sock\"}").publish == nil)
        #expect(try read("northbound: {listen: \"zmq+ipc:///run/cosmolet/northbound.sock\"}").publish != nil)
    }

    /// A bad section, and what its error must say.
    private static let refused: [(yaml: String, path: String, line: Int, words: String)] = [
        ("northbound:\n  jurnal: off", "northbound.jurnal", 2, "did you mean journal"),
        ("northbound:\n  journal: /var/lib/", "northbound.journal", 2, "the path of a file or off"),
        ("northbound:\n  journal: \"-\"", "northbound.journal", 2, "the path of a file or off"),
        ("northbound:\n  listen: /run/x.sock", "northbound.listen", 2, "zmq+ipc://PATH"),
        ("northbound:\n  listen: zmq+ipc://x", "northbound.listen", 2, "not absolute"),
        ("northbound:\n  connect: vtysh", "northbound.connect", 2, "mgmtd:PATH"),
        ("northbound:\n  provider: zmq+ipc:///run/a.sock", "northbound.provider", 2, "another northbound"),
        ("northbound:\n  provider: bgpd", "northbound.provider", 2, "bgpd:PATH"),
        ("northbound:\n  provider: \"auto:/run/a.sock\"", "northbound.provider", 2, "auto:MGMTD_PATH,MODULE_PATH"),
        ("northbound:\n  http: 9724", "northbound.http", 2, "HOST:PORT"),
        ("northbound:\n  staleAfter: 1", "northbound.staleAfter", 2, "from 2 to 86400"),
        ("northbound:\n  staleAfter: soon", "northbound.staleAfter", 2, "whole number"),
        ("northbound:\n  maximumEdits: 0", "northbound.maximumEdits", 2, "from 1"),
        ("northbound:\n  journalDays: 0", "northbound.journalDays", 2, "from 1 to 36500"),
        ("northbound:\n  journalDays: never", "northbound.journalDays", 2, "whole number"),
        ("northbound:\n  journalRecords: 999", "northbound.journalRecords", 2, "from 1000 to 100000000"),
        ("northbound:\n  journalRecords: off", "northbound.journalRecords", 2, "whole number"),
        ("northbound:\n  requireJournal: maybe", "northbound.requireJournal", 2, "true or false"),
        ("northbound:\n  allowedPrefixes: [10.0.0.1/8]", "northbound.allowedPrefixes[0]", 2, "host bits"),
        ("northbound: off", "northbound", 1, "a mapping is expected"),
    ]

    @Test(arguments: refused.indices)
    func refusesWithPlaceAndReason(index: Int) {
        let row = Self.refused[index]
        let error = #expect(throws: ConfigurationError.self) { try read(row.yaml) }
        #expect(error?.path == row.path)
        #expect(error?.line == row.line)
        #expect(error?.description.contains(row.words) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        "mgmtd:/run/frr/mgmtd_fe.sock", "bgpd:/run/frr/cosmolet.sock", "auto", "auto:/run/m.sock,/run/c.sock",
        "zmq+ipc:///run/nb.sock",
    ])
    func anEndpointIsReadAsItIsWritten(text: String) throws {
        #expect(try NorthboundEndpoint(text).description == text)
    }

    @Test(arguments: ["", "auto:", "auto:a", "auto:a,", "auto:a,b,c", "bgpd:", "frr:/run/x", "mgmtd"])
    func anotherEndpointIsRefused(text: String) {
        let error = #expect(throws: ConfigurationError.self) { try NorthboundEndpoint(text) }
        #expect(error?.description.contains("auto:MGMTD_PATH,MODULE_PATH") == true)
    }

    @Test func tcpNeedsKeysOnBothSides() throws {
        var settings = NorthboundSettings()
        try settings.set(.listen, flag: "--listen", to: "zmq+tcp://127.0.0.1:7790")
        let server = #expect(throws: ConfigurationError.self) { try settings.serverSecurity() }
        #expect(server?.path == "--curve-key")
        try settings.set(.curveKey, flag: "--curve-key", to: "own.key")
        #expect(#expect(throws: ConfigurationError.self) { try settings.serverSecurity() }?.path == "--curve-clients")
        var client = NorthboundSettings()
        try client.set(.connect, flag: "--northbound", to: "zmq+tcp://127.0.0.1:7790")
        #expect(#expect(throws: ConfigurationError.self) { try client.clientSecurity() }?.path == "--curve-key")
        try client.set(.curveKey, flag: "--curve-key", to: "own.key")
        #expect(#expect(throws: ConfigurationError.self) { try client.clientSecurity() }?.path == "--curve-server")
    }
}
