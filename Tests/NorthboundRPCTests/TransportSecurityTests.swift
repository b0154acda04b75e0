import Bindings
import CosmoletTesting
import Foundation
import NorthboundRPC
import Testing

@Suite struct TransportSecurityTests {
    private typealias Harness = TransportHarness
    private let anyPort = TransportEndpoint.tcp(host: "127.0.0.1", port: 0)
    private func soon(_ seconds: Int = 60) -> ContinuousClock.Instant { .now + .seconds(seconds) }

    @Test func allowedKeyIsServedAndUnknownKeyNever() async throws {
        let harness = try Harness()
        let serverKeys = try CurveKeyPair.generate()
        let friend = try CurveKeyPair.generate()
        let stranger = try CurveKeyPair.generate()
        let server = harness.server {
            $0.endpoint = anyPort
            $0.security = .curve(
                secretKey: serverKeys.secretKey, clients: AllowedClients(names: [friend.publicKey: "friend"]))
        } handler: { peer, request in
            [TransportMessage(header: request.header, body: Array("\(peer)".utf8))]
        }
        try await harness.serving(server) { endpoint in
            let good = try await harness.client(to: endpoint) {
                $0.security = .curve(keyPair: friend, serverKey: serverKeys.publicKey)
            }
            let reply = try await good.call(Harness.request(1), deadline: soon())
            #expect(String(decoding: reply.body, as: UTF8.self) == "friend (key \(friend.publicKey))")

            let bad = try await harness.client(to: endpoint) {
                $0.security = .curve(keyPair: stranger, serverKey: serverKeys.publicKey)
            }
            let error = await #expect(throws: TransportError.self) {
                try await bad.call(Harness.request(2), deadline: .now + .milliseconds(500))
            }
            #expect(error?.code == .deadlineExceeded)
            #expect(error?.message.contains("key refused") == true)
            #expect(server.statistics.requests == 1)
            #expect(server.statistics.keysRefused > 0)

            // Let in later, it comes in without a restart of either; and a friend taken off the list is not heard.
            await server.allow(AllowedClients(names: [stranger.publicKey: "no stranger"]))
            let welcome = try await bad.call(Harness.request(3), deadline: soon())
            #expect(String(decoding: welcome.body, as: UTF8.self).hasPrefix("no stranger"))
            await #expect(throws: TransportError.self) {
                try await good.call(Harness.request(4), deadline: .now + .milliseconds(200))
            }
            try await eventually("it is counted") { server.statistics.requestsUnauthenticated == 1 }
            await good.close()
            await bad.close()
        }
    }

    @Test func clientDoesNotTalkToAServerWithAnotherKey() async throws {
        let harness = try Harness()
        let serverKeys = try CurveKeyPair.generate()
        let clientKeys = try CurveKeyPair.generate()
        let server = harness.echoServer {
            $0.endpoint = anyPort
            $0.security = .curve(
                secretKey: serverKeys.secretKey, clients: AllowedClients(names: [clientKeys.publicKey: ""]))
        }
        let otherKey = try CurveKeyPair.generate().publicKey
        try await harness.serving(server) { endpoint in
            let client = try await harness.client(to: endpoint) {
                $0.security = .curve(keyPair: clientKeys, serverKey: otherKey)
            }
            let error = await #expect(throws: TransportError.self) {
                try await client.call(Harness.request(1), deadline: .now + .milliseconds(300))
            }
            #expect(error?.code == .deadlineExceeded)
            #expect(server.statistics.requests == 0)
            await client.close()
        }
    }

    @Test func plainPeerOnACurvePortIsNotHeard() async throws {
        let harness = try Harness()
        let serverKeys = try CurveKeyPair.generate()
        let server = harness.echoServer {
            $0.endpoint = anyPort
            $0.security = .curve(
                secretKey: serverKeys.secretKey, clients: AllowedClients(names: [serverKeys.publicKey: ""]))
        }
        try await harness.serving(server) { endpoint in
            let raw = RawSocket()
            try await raw.open(.dealer, String("\(endpoint)".dropFirst("zmq+".count)))
            _ = try await raw.send([Harness.key(1), []])
            try await eventually("it is refused") { server.statistics.handshakesFailed > 0 }
            #expect(server.statistics.requests == 0)
            await raw.close()
        }
    }

    @Test func tcpWithoutCurveIsRefused() async throws {
        let harness = try Harness()
        let server = harness.echoServer { $0.endpoint = anyPort }
        let serverError = await #expect(throws: TransportError.self) { try await server.start() }
        #expect(serverError?.code == .insecure)
        #expect(serverError?.message.contains("keygen") == true)
        let clientError = await #expect(throws: TransportError.self) {
            try await harness.client(to: .tcp(host: "127.0.0.1", port: 9))
        }
        #expect(clientError?.code == .insecure)
        let publisher = Publisher(configuration: .init(endpoint: anyPort))
        let publisherError = await #expect(throws: TransportError.self) { try await publisher.start() }
        #expect(publisherError?.code == .insecure)
        let subscriber = Subscriber(configuration: .init(endpoint: .tcp(host: "127.0.0.1", port: 9)))
        let subscriberError = await #expect(throws: TransportError.self) { try await subscriber.start() }
        #expect(subscriberError?.code == .insecure)
    }

    @Test func emptyListOfClientsIsRefused() async throws {
        let harness = try Harness()
        let keys = try CurveKeyPair.generate()
        let server = harness.echoServer {
            $0.endpoint = anyPort
            $0.security = .curve(secretKey: keys.secretKey, clients: AllowedClients(names: [:]))
        }
        let error = await #expect(throws: TransportError.self) { try await server.start() }
        #expect(error?.code == .invalidConfiguration)
    }

    // MARK: - Key files

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test func keyFilesAreWrittenPrivateAndReadBack() throws {
        let harness = try Harness()
        let path = harness.directory + "/key"
        let keys = try CurveKeyPair.generate()
        try CurveKeyFile.write(keys, to: path)
        #expect(try mode(path) == 0o600)
        #expect(try mode(path + ".pub") == 0o644)
        #expect(try CurveKeyFile.readKeyPair(path) == keys)
        #expect(try CurveKeyFile.readPublicKey(path + ".pub") == keys.publicKey)
        // Never overwritten.
        let error = #expect(throws: TransportError.self) { try CurveKeyFile.write(keys, to: path) }
        #expect(error?.code == .invalidConfiguration)
        #expect(!"\(keys)".contains(keys.secretKey))
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o644])
    func openKeyFileIsRefused(mode: Int) throws {
        let harness = try Harness()
        let path = harness.directory + "/key"
        try CurveKeyFile.write(CurveKeyPair.generate(), to: path)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        let error = #expect(throws: TransportError.self) { try CurveKeyFile.readKeyPair(path) }
        #expect(error?.code == .forbidden)
        #expect(error?.message.contains("0\(String(mode, radix: 8))") == true)
    }

    @Test func listOfClientsNamesItsBadLine() throws {
        let harness = try Harness()
        let path = harness.directory + "/clients"
        let one = try CurveKeyPair.generate().publicKey
        let two = try CurveKeyPair.generate().publicKey
        func read(_ text: String) throws -> AllowedClients {
            try? FileManager.default.removeItem(atPath: path)
            try GuardedFile.create(path, mode: 0o644, content: Array(text.utf8))
            return try CurveKeyFile.readAllowedClients(path)
        }
        #expect(try read("# nodes\n\n\(one)  node one \n\(two)\n").names == [one: "node one", two: ""])
        for (text, line) in [("\(one)\nabc\n", "line 2"), ("\(one)\n\n\(one)\n", "line 3")] {
            let error = #expect(throws: TransportError.self) { try read(text) }
            #expect(error?.message.contains(line) == true)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
        let error = #expect(throws: TransportError.self) { try CurveKeyFile.readAllowedClients(path) }
        #expect(error?.code == .forbidden)
    }

    @Test func keysOfTwoPairsAreNoPair() throws {
        let one = try CurveKeyPair.generate()
        let two = try CurveKeyPair.generate()
        #expect(throws: ZeroMQError.self) { try CurveKeyPair(publicKey: one.publicKey, secretKey: two.secretKey) }
        #expect(throws: ZeroMQError.self) { try CurveKeyPair(publicKey: one.publicKey, secretKey: "short") }
        #expect(try CurveKeyPair(publicKey: one.publicKey, secretKey: one.secretKey) == one)
    }

    // MARK: - Socket files

    @Test func socketFileIsClosedToOthersAndStaleOnesAreReplaced() async throws {
        let harness = try Harness()
        let directory = harness.directory + "/run"
        let server = harness.echoServer()
        _ = try await server.start()
        #expect(try mode(directory) == 0o750)
        #expect(try mode(harness.socketPath) == 0o660)
        // A second server leaves the first alone.
        let error = await #expect(throws: TransportError.self) { try await harness.echoServer().start() }
        #expect(error?.code == .addressInUse)
        server.stop()
        try await server.run()

        // What a killed server leaves: a socket file that nobody listens on.
        do { _ = try UnixListener(path: harness.socketPath, group: nil) }
        #expect(FileManager.default.fileExists(atPath: harness.socketPath))
        try await harness.serving(harness.echoServer()) { _ in
            let client = try await harness.client()
            _ = try await client.call(Harness.request(1), deadline: soon())
            await client.close()
        }
    }

    @Test func fileThatIsNoSocketIsLeftAlone() async throws {
        let harness = try Harness()
        let path = harness.directory + "/file"
        try GuardedFile.create(path, mode: 0o600, content: [1, 2, 3])
        let server = harness.echoServer { $0.endpoint = .ipc(path: path) }
        let error = await #expect(throws: TransportError.self) { try await server.start() }
        #expect(error?.code == .invalidConfiguration)
        #expect(try GuardedFile.read(path, protection: .secret) == [1, 2, 3])
    }

    @Test func openDirectoryIsClosedIfItIsOurs() async throws {
        let harness = try Harness()
        let directory = harness.directory + "/run"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory)
        try await harness.serving(harness.echoServer()) { _ in
            let mode = try mode(directory)
            #expect(mode == 0o750)
        }
        // Others may look, but not write: nothing to repair.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory)
        try await harness.serving(harness.echoServer()) { _ in
            let mode = try mode(directory)
            #expect(mode == 0o755)
        }
    }

    @Test func unknownGroupIsRefused() async throws {
        let harness = try Harness()
        let server = harness.echoServer { $0.group = "no-such-group-here" }
        let error = await #expect(throws: TransportError.self) { try await server.start() }
        #expect(error?.code == .invalidConfiguration)
        try await harness.serving(harness.echoServer { $0.group = "\(getegid())" }) { _ in }
    }
}
