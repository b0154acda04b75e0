import Testing

@testable import Kubernetes

@Suite struct LineSplitterTests {
    private func lines(_ splitter: inout LineSplitter) throws -> [String] {
        var lines: [String] = []
        while let line = try splitter.next() { lines.append(String(decoding: line, as: UTF8.self)) }
        return lines
    }

    @Test func halfALineIsHeldBack() throws {
        var splitter = LineSplitter()
        splitter.append(Array("one\ntw".utf8))
        #expect(try lines(&splitter) == ["one"])
        #expect(splitter.pendingByteCount == 2)
        splitter.append(Array("o\n".utf8))
        #expect(try lines(&splitter) == ["two"])
        #expect(splitter.pendingByteCount == 0)
    }

    @Test func emptyLinesAreSkipped() throws {
        var splitter = LineSplitter()
        splitter.append(Array("\n\r\n a\n\n".utf8))
        #expect(try lines(&splitter) == [" a"])
    }

    @Test func endlessLineIsRefused() throws {
        var splitter = LineSplitter(lineByteLimit: 10)
        splitter.append(Array("0123456789".utf8))
        #expect(try splitter.next() == nil)
        splitter.append([65])
        #expect(throws: KubernetesError.self) { try splitter.next() }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func cutsDoNotMatter(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let expected = (0..<Int.random(in: 0..<30, using: &generator)).map { index in
            "\(index)" + String(repeating: "é", count: Int.random(in: 0..<40, using: &generator))
        }
        let bytes = Array(expected.map { $0 + "\n" }.joined().utf8) + Array("cut off".utf8)
        var splitter = LineSplitter()
        var found: [String] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: 1...50, using: &generator))
            splitter.append(Array(bytes[start..<end]))
            if Bool.random(using: &generator) { found += try lines(&splitter) }
            start = end
        }
        found += try lines(&splitter)
        #expect(found == expected)
        #expect(splitter.pendingByteCount == 7)
    }
}
