import Bindings
import Foundation
import NetworkTypes
import Northbound
import Testing

@testable import FRRManagement

/// Decoders against damaged frames: they may refuse, never trap, hang or read past the end. Seeded, so that a failure
/// comes back; COSMOLET_FUZZ_SECONDS says how long in all (default 10).
///
/// The loop yields: all tests share as many threads as there are processors, and others have deadlines.
@Suite struct FuzzTests {
    /// splitmix64 of Steele, Lea and Flood.
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// Time of each of the four tests.
    private static let duration: Duration = {
        let text = ProcessInfo.processInfo.environment["COSMOLET_FUZZ_SECONDS"] ?? ""
        return .seconds(Double(text) ?? 10) / 4
    }()

    private static func run(seed: UInt64, _ body: (inout Generator) -> Void) async {
        var generator = Generator(state: seed)
        let end = ContinuousClock.now + duration
        repeat {
            body(&generator)
            await Task.yield()
        } while ContinuousClock.now < end
    }

    /// Changes, removes, doubles or inserts a few bytes.
    private static func damaged(_ bytes: [UInt8], using generator: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let index = Int.random(in: 0...max(bytes.count - 1, 0), using: &generator)
            guard index < bytes.count else { return bytes }
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 2: bytes.removeSubrange(index..<min(index + 8, bytes.count))
            case 3: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: index)
            case 4: bytes += bytes[index..<min(index + 16, bytes.count)]
            default: bytes.removeLast(bytes.count - index)
            }
        }
        return bytes
    }

    private static let frames: [[UInt8]] = Capture.names.flatMap { name in
        ((try? Capture.load(name)) ?? []).map(\.bytes)
    }

    @Test func framesSurviveDamage() async {
        await Self.run(seed: 1) { generator in
            let stream = (0..<4).flatMap { _ in
                Self.damaged(Self.frames.randomElement(using: &generator)!, using: &generator)
            }
            var parser = FrameParser(maximumByteCount: 1 << 20)
            var offset = 0
            while offset < stream.count {
                let count = Int.random(in: 1...64, using: &generator)
                parser.append(Array(stream[offset..<min(offset + count, stream.count)]))
                offset += count
                do {
                    while let frame = try parser.next() {
                        for dialect in [Dialect.native, .protobuf(hasNativeReads: true)] {
                            _ = try? dialect.reply(frame)
                        }
                    }
                } catch {
                    #expect((error as? ManagementError)?.code == .protocolViolation)
                    break
                }
            }
        }
    }

    @Test func messagesSurviveDamage() async {
        await Self.run(seed: 2) { generator in
            let body = Self.damaged(
                Array(Self.frames.randomElement(using: &generator)!.dropFirst(8)), using: &generator)
            if let message = try? FrontEndMessage(decoding: body) {
                // What was understood can be said again, and means the same.
                let again = try? FrontEndMessage(decoding: message.encoded())
                #expect(again != nil)
            }
            if let message = try? NativeMessage(decoding: body) {
                #expect((try? NativeMessage(decoding: message.encoded)) == message || body[2] != 0 || body[3] != 0)
                _ = try? message.reply(datastores: .from10r4)
            }
        }
    }

    @Test func configurationSurvivesDamage() async {
        let prefix = Network("203.0.113.80").prefix
        let texts = [StaticSchema.a, .b, .c].map { schema in
            Array(RouteRendering.json(at: StaticSchema.container, in: [prefix: [.blackhole()]], schema).utf8)
        }
        let table = RouteRendering.table(
            [prefix: [.blackhole()]], path: RoutingTable.path(.ipv4, table: 1790, leaf: "tag"))!
        await Self.run(seed: 3) { generator in
            let text = Self.damaged((texts + [Array(table.utf8)]).randomElement(using: &generator)!, using: &generator)
            if let json = try? JSONReader.read(text) {
                // Reading what was written gives the same value.
                #expect((try? JSONReader.read(Array(json.encoded.utf8))) == json)
            }
            _ = try? StaticSchema.routes(fromJSON: text)
            _ = try? RoutingTable.staticEntries(text)
        }
    }

    @Test func pathsSurviveDamage() async {
        let path = StaticSchema.b.leaves(Network("2001:db8::80").prefix, .blackhole()).kind
        await Self.run(seed: 4) { generator in
            let text = String(decoding: Self.damaged(Array(path.utf8), using: &generator), as: UTF8.self)
            _ = try? StaticSchema.routes(fromLeaves: [.init(path: text, value: "100"), .init(path: path, value: text)])
        }
    }
}
