import Testing

@testable import Bindings

/// What needs no server; transfers against one are tested with the Kubernetes client.
@Suite(.timeLimit(.minutes(5))) struct TransferLoopTests {
    /// Nothing listens there: the port is reserved and not used by any service here.
    private let nowhere = "http://127.0.0.1:1/"

    private func code(_ request: TransferRequest) async throws -> CurlError.Code? {
        let loop = try TransferLoop()
        var code: CurlError.Code?
        do throws(CurlError) {
            _ = try await loop.start(request).head()
        } catch {
            code = error.code
        }
        await loop.close()
        return code
    }

    @Test func refusedConnectionIsToldAsSuch() async throws {
        #expect(try await code(TransferRequest(url: nowhere)) == .connectFailed)
    }

    @Test(arguments: ["file:///etc/hostname", "gopher://127.0.0.1/", "http://", "", "ht tp://x"])
    func onlyHTTPIsSpoken(_ url: String) async throws {
        #expect(try await code(TransferRequest(url: url)) == .invalidRequest)
    }

    @Test(arguments: ["a\nb", "a\rb", "a\u{0}b"])
    func headerWithAControlCharacterIsRefused(_ value: String) async throws {
        let request = TransferRequest(url: nowhere, headers: [.init(name: "X", value: value)])
        #expect(try await code(request) == .invalidRequest)
    }

    @Test func emptyKeyMaterialIsRefused() async throws {
        let request = TransferRequest(url: "https://127.0.0.1:1/", tls: TLSOptions(authority: .data([])))
        #expect(try await code(request) == .invalidRequest)
    }

    @Test func brokenURLWithAServerNameIsRefused() async throws {
        let request = TransferRequest(url: "https://:x", tls: TLSOptions(serverName: "a"))
        #expect(try await code(request) == .invalidRequest)
    }

    @Test func closedLoopStartsNothing() async throws {
        let loop = try TransferLoop()
        await loop.close()
        await loop.close()
        let error = await #expect(throws: CurlError.self) { try await loop.start(TransferRequest(url: nowhere)) }
        #expect(error?.code == .closed)
    }

    @Test func manyTransfersShareTheThread() async throws {
        let loop = try TransferLoop()
        let codes = await withTaskGroup(of: CurlError.Code?.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    do throws(CurlError) {
                        _ = try await loop.start(TransferRequest(url: nowhere)).head()
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == Array(repeating: .connectFailed, count: 100))
        await loop.close()
    }

    @Test func forgottenLoopsAndTransfersAreCleanedUp() async throws {
        for _ in 0..<100 {
            let loop = try TransferLoop()
            _ = try await loop.start(TransferRequest(url: nowhere))
        }
    }

    @Test func transferOutlivesItsLoop() async throws {
        var loop: TransferLoop? = try TransferLoop()
        let transfer = try await loop?.start(TransferRequest(url: nowhere))
        loop = nil
        let error = await #expect(throws: CurlError.self) { try await transfer?.head() }
        #expect(error?.code == .closed || error?.code == .connectFailed)
    }
}

@Suite struct TransferMailboxTests {
    @Test func readerThatIsBehindStopsTheFlow() async {
        let mailbox = TransferMailbox(bufferByteLimit: 10)
        #expect(mailbox.receive(body: Array(repeating: 1, count: 8)))
        #expect(!mailbox.receive(body: Array(repeating: 2, count: 8)))
        guard case .bytes(let bytes, let wasPaused) = mailbox.takeBody() else {
            Issue.record("nothing there")
            return
        }
        #expect(bytes.count == 8 && wasPaused)
        // libcurl gives the refused piece again.
        #expect(mailbox.receive(body: Array(repeating: 2, count: 8)))
    }

    @Test func whatWasKeptIsTakenAsAWhole() {
        let mailbox = TransferMailbox(bufferByteLimit: 10)
        #expect(mailbox.receive(body: Array(repeating: 1, count: 8)))
        mailbox.takeAll {
            #expect(mailbox.receive(body: Array(repeating: 2, count: 80)))
            #expect(mailbox.receive(body: Array(repeating: 3, count: 80)))
        }
        #expect(!mailbox.receive(body: [4]))
    }

    @Test func pieceBeyondTheLimitPassesWhenNothingWaits() {
        let mailbox = TransferMailbox(bufferByteLimit: 10)
        #expect(mailbox.receive(body: Array(repeating: 1, count: 100)))
    }

    @Test func bytesComeBeforeTheFailure() {
        let mailbox = TransferMailbox(bufferByteLimit: 10)
        _ = mailbox.receive(body: [1])
        mailbox.finish(.failure(.cancelled))
        mailbox.finish(.success(()))
        guard case .bytes([1], _) = mailbox.takeBody(), case .failed(.cancelled) = mailbox.takeBody() else {
            Issue.record("wrong order")
            return
        }
    }

    @Test func endWithoutAHeadIsALostConnection() {
        let mailbox = TransferMailbox(bufferByteLimit: 10)
        mailbox.finish(.success(()))
        #expect(throws: CurlError.self) { try mailbox.head() }
    }
}
