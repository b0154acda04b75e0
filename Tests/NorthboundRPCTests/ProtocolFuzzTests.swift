import Foundation
import Northbound
import NorthboundRPC
import Testing

/// Every decoder against bytes that nobody meant. `COSMOLET_FUZZ_SECONDS` says how long in all (default 3).
///
/// The loops yield: all tests share as many threads as there are processors, and others have deadlines.
@Suite struct ProtocolFuzzTests {
    private static var share: Duration {
        let text = ProcessInfo.processInfo.environment["COSMOLET_FUZZ_SECONDS"] ?? ""
        return .seconds((Double(text) ?? 3) / 2)
    }

    /// Feeds all decoders and returns what they threw. Whatever decodes has to encode again to what decodes the same.
    private func feed(_ bytes: [UInt8]) throws -> [NorthboundError] {
        var errors: [NorthboundError] = []
        func attempt(_ body: () throws(NorthboundError) -> Void) {
            if let error = failure(body) { errors.append(error) }
        }
        attempt { () throws(NorthboundError) in _ = try MessageCodec.decodeRequestHeader(bytes) }
        attempt { () throws(NorthboundError) in _ = try MessageCodec.decodeReplyHeader(bytes) }
        for outcome in TransactionOutcome.allCases {
            let topic = Array(MessageCodec.topic(outcome).utf8)
            attempt { () throws(NorthboundError) in
                _ = try MessageCodec.decodeLogEntry(MessageFrames(header: topic, body: bytes))
            }
        }
        for method in NorthboundMethod.allCases {
            let header = RequestHeader(method: method, requestID: "r", client: "c")
            attempt { () throws(NorthboundError) in
                let request = try MessageCodec.decodeRequest(header, body: bytes)
                let again = try MessageCodec.encode(request, requestID: "r", client: "c")
                #expect(try MessageCodec.decodeRequest(header, body: again.body) == request)
            }
            attempt { () throws(NorthboundError) in
                let reply = try MessageCodec.decodeReply(ReplyHeader(requestID: "r"), to: method, body: bytes)
                let again = try MessageCodec.encode(reply, requestID: "r")
                #expect(
                    try MessageCodec.decodeReply(ReplyHeader(requestID: "r"), to: method, body: again[0].body)
                        == reply, "\(reply) of \(bytes)")
            }
        }
        return errors
    }

    private func check(_ errors: [NorthboundError], _ bytes: [UInt8], _ seed: UInt64) {
        for error in errors where error.code != .failedPrecondition {
            let names = error.message.prefix { $0 != ":" }
            if error.code != .invalidArgument || names.first?.isUppercase != true {
                Issue.record("seed \(seed): \(error) for \(bytes)")
            }
        }
    }

    /// Valid bodies and headers of every kind.
    private func corpus(_ samples: inout ProtocolSamples) throws -> [[UInt8]] {
        var corpus = Array(ProtocolRoundTripTests.golden.values)
        for request in samples.requests() {
            var client = ("r", "c")
            if case .commit(let commit, _) = request { client = (commit.requestID, commit.client) }
            let frames = try MessageCodec.encode(request, requestID: client.0, client: client.1)
            corpus += [frames.header, frames.body]
        }
        for (_, reply) in samples.replies() {
            for frames in try MessageCodec.encode(reply, requestID: "r") { corpus += [frames.header, frames.body] }
        }
        corpus.append(try MessageCodec.encodeLogEntry(samples.record()).body)
        return corpus.sorted { $0.lexicographicallyPrecedes($1) }
    }

    @Test func randomBytesAreRefusedOrRead() async throws {
        let clock = ContinuousClock()
        let end = clock.now + Self.share
        var seed: UInt64 = 1000
        repeat {
            var samples = ProtocolSamples(seed: seed)
            let bytes = (0..<samples.number(0...64)).map { _ in
                samples.chance() ? UInt8(samples.number(0...31)) : UInt8(samples.number(0...255))
            }
            check(try feed(bytes), bytes, seed)
            await Task.yield()
            seed += 1
        } while clock.now < end
    }

    @Test func mutatedMessagesAreRefusedOrRead() async throws {
        let clock = ContinuousClock()
        let end = clock.now + Self.share
        var seed: UInt64 = 5000
        repeat {
            var samples = ProtocolSamples(seed: seed)
            for original in try corpus(&samples) where !original.isEmpty {
                var bytes = original
                for _ in 0...samples.number(0...3) where !bytes.isEmpty {
                    let place = samples.number(0...bytes.count - 1)
                    switch samples.number(0...4) {
                    case 0: bytes[place] ^= 1 << UInt8(samples.number(0...7))
                    case 1: bytes[place] = UInt8(samples.number(0...255))
                    case 2: bytes.remove(at: place)
                    case 3: bytes.insert(UInt8(samples.number(0...255)), at: place)
                    default: bytes += Array(bytes[place...])
                    }
                }
                check(try feed(bytes), bytes, seed)
                await Task.yield()
            }
            seed += 1
        } while clock.now < end
    }

    @Test func messagesCutAtEachByteAreRefusedOrRead() throws {
        for (name, original) in ProtocolRoundTripTests.golden {
            for count in 0..<original.count {
                let bytes = Array(original.prefix(count))
                let errors = try feed(bytes)
                check(errors, bytes, UInt64(count))
                #expect(!errors.isEmpty, "\(name) cut at \(count) is taken for everything")
            }
        }
        // Bytes that lost their tail are never half understood: what a decoder takes ends where a field ends.
        let bytes = try #require(ProtocolRoundTripTests.golden["commit-request"])
        let header = RequestHeader(method: .commit, requestID: "r", client: "c")
        var taken = 0
        for count in 1..<bytes.count {
            let cut = Array(bytes.prefix(count))
            let error = failure { () throws(NorthboundError) in
                let request = try MessageCodec.decodeRequest(header, body: cut)
                taken += 1
                #expect(try MessageCodec.encode(request, requestID: "r", client: "c").body == cut)
            }
            if let error { #expect(error.message.hasPrefix("CommitRequest")) }
        }
        // After the phase, each of the two edits, the cause and the timeout.
        #expect(taken == 5)
    }
}
