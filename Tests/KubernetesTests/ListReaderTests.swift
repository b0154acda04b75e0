import Testing

@testable import Kubernetes

@Suite struct ListReaderTests {
    private typealias Outcome = Result<[String], KubernetesError>

    private static let request = "GET /api/v1/services"

    private static let text = """
        {"kind":"ServiceList","apiVersion":"v1","x":{"items":[{"metadata":{"name":"decoy"}}]},"n":-1.5e3,"t":true ,
         "metadata":{"resourceVersion":"42","continue":"T1","y":[1,{"z":"]}"}]},
         "items":[ {"metadata":{"name":"a","labels":{"q":"\\"}],{["}}},
        \t{"metadata":{"name":"größe"},"spec":{"externalIPs":["192.0.2.1"]}},5,{"metadata":{"name":"b"}}\r\n],"last":null}

        """

    /// Reads a text in pieces of the given sizes, over and over. A list is its names, unreadable ones, version, token.
    private func read(_ bytes: [UInt8], pieces: [Int]) -> Outcome {
        var reader = ListReader<Service>(request: Self.request)
        var start = 0
        var turn = 0
        do throws(KubernetesError) {
            while start < bytes.count {
                let end = min(bytes.count, start + pieces[turn % pieces.count])
                try reader.append(Array(bytes[start..<end]))
                start = end
                turn += 1
            }
            let page = try reader.finish()
            return .success(
                page.items.map(\.metadata.name) + page.invalid.map(\.name.description)
                    + [page.resourceVersion, page.continueToken ?? "-"])
        } catch {
            return .failure(error)
        }
    }

    private func read(_ text: String) -> Outcome { read(Array(text.utf8), pieces: [1 << 20]) }

    @Test func listIsReadWhateverThePieces() throws {
        let bytes = Array(Self.text.utf8)
        let expected = ["a", "größe", "b", "(unreadable)", "42", "T1"]
        #expect(try read(bytes, pieces: [bytes.count]).get() == expected)
        #expect(try read(bytes, pieces: [1]).get() == expected)
        for cut in 1..<bytes.count {
            #expect(try read(bytes, pieces: [cut, bytes.count]).get() == expected, "in two at byte \(cut)")
        }
    }

    @Test func orderOfFieldsDoesNotMatter() throws {
        let text = #"{"items":[{"metadata":{"name":"a"}}],"metadata":{"resourceVersion":"1","continue":""}}"#
        #expect(try read(text).get() == ["a", "1", "-"])
        #expect(try read(#"{"metadata":{"resourceVersion":"1"},"items":[]}"#).get() == ["1", "-"])
        #expect(try read(#"{"metadata":{"resourceVersion":"1"},"items":null}"#).get() == ["1", "-"])
    }

    @Test func listCutAtAnyByteIsRefusedByName() throws {
        let bytes = Array(Self.text.utf8)
        let end = try #require(bytes.lastIndex(of: UInt8(ascii: "}")))
        for cut in 0...end {
            guard case .failure(let error) = read(Array(bytes[..<cut]), pieces: [64]) else {
                Issue.record("a list of \(cut) bytes was taken for whole")
                return
            }
            #expect(error.code == .malformedResponse)
            #expect(error.message.hasPrefix(Self.request), "\(error)")
        }
    }

    @Test(arguments: [
        // Any object looks so.
        #"{"metadata":{"resourceVersion":"1"}}"#, #"{"kind":"Status","metadata":{"resourceVersion":"1"}}"#,
        "", " ", "[]", "null", "5", "<html>", "{]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a" 1}"#,
        #"{"metadata":{"resourceVersion":"1"},"items":{}}"#, #"{"metadata":{"resourceVersion":"1"},"items":"a"}"#,
        #"{"metadata":{"resourceVersion":"1"},"items":[,]}"#, #"{"metadata":{"resourceVersion":"1"},"items":[{},]}"#,
        #"{"metadata":{"resourceVersion":"1"},"items":[{} {}]}"#, #"{"metadata":{"resourceVersion":"1"},"items":[{]]}"#,
        #"{"metadata":{"resourceVersion":"1"},"items":[tru]}"#, #"{"metadata":{"resourceVersion":"1"}} {"#,
        #"{"metadata":{"resourceVersion":"1"},"items":[],"items":[]}"#, #"{"metadata":{"resourceVersion":1}}"#,
        #"{"metadata":[],"items":[]}"#, #"{"metadata":{"resourceVersion":""},"items":[]}"#,
    ])
    func garbageIsRefusedByName(_ text: String) {
        guard case .failure(let error) = read(text) else {
            Issue.record("taken for a list")
            return
        }
        #expect(error.code == .malformedResponse)
        #expect(error.message.hasPrefix(Self.request), "\(error)")
    }

    @Test func errorSaysWhereInTheList() {
        let text = #"{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"}},{"metadata":x}]}"#
        guard case .failure(let error) = read(text) else {
            Issue.record("taken for a list")
            return
        }
        #expect(error.message.contains("items[1]"), "\(error)")
    }

    @Test func listAndItemHaveABound() {
        let long = String(repeating: "x", count: 200)
        let text = Array(#"{"metadata":{"resourceVersion":"1"},"items":[{},{"metadata":{"name":"\#(long)"}}]}"#.utf8)
        var reader = ListReader<Service>(request: Self.request, itemByteLimit: 100)
        let item = #expect(throws: KubernetesError.self) { try reader.append(text) }
        #expect(item?.code == .tooLarge && item?.message.contains("items[1]") == true)
        #expect(item?.message.hasPrefix(Self.request) == true)
        var whole = ListReader<Service>(request: Self.request, byteLimit: 100)
        let list = #expect(throws: KubernetesError.self) { try whole.append(text) }
        #expect(list?.code == .tooLarge && list?.message.hasPrefix(Self.request) == true)
    }

    /// Of a list of 10,000 Services no more text is held than a piece and an item.
    @Test func textOfALongListIsNotKept() async throws {
        var scanner = ListScanner()
        scanner.append(Array(#"{"metadata":{"resourceVersion":"1"},"items":["#.utf8))
        #expect(try scanner.next() == .metadata(Array(#"{"resourceVersion":"1"}"#.utf8)))
        #expect(try scanner.next() == nil)
        let filling = String(repeating: "f", count: 1500)
        var held = 0
        for index in 0..<10_000 {
            let item = #"{"metadata":{"name":"s\#(index)","annotations":{"long":"\#(filling)"}}}"#
            scanner.append(Array((index == 0 ? item : ",\(item)").utf8))
            #expect(try scanner.next() == .item(Array(item.utf8)))
            #expect(try scanner.next() == nil)
            held = max(held, scanner.heldByteCount)
            if index.isMultiple(of: 500) { await Task.yield() }
        }
        scanner.append(Array("]}".utf8))
        #expect(try scanner.next() == nil)
        try scanner.finish()
        #expect(scanner.itemCount == 10_000)
        #expect(held < 10_000, "\(held) bytes of \(10_000 * filling.count)")
    }

    /// Damages a good list at random places: it is read the same in whatever pieces, or refused the same; never a trap.
    @Test(arguments: 0..<500 as Range<UInt64>)
    func damagedListsNeverTrap(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bytes = Array(Self.text.utf8)
        for _ in 0..<Int.random(in: 1...5, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch UInt8.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0 ... .max, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + 20))
            default: bytes.insert(contentsOf: Array(#"{}[],:"\9e"#.utf8).shuffled(using: &random), at: place)
            }
        }
        let whole = read(bytes, pieces: [max(1, bytes.count)])
        #expect(whole == read(bytes, pieces: [1]))
        #expect(whole == read(bytes, pieces: (0..<7).map { _ in Int.random(in: 1...40, using: &random) }))
        if case .failure(let error) = whole {
            #expect(error.message.hasPrefix(Self.request))
        }
    }
}
