import Testing

@testable import Bindings

@Suite struct ResponseHeadParserTests {
    private func head(_ lines: [String]) -> ResponseHead? {
        var parser = ResponseHeadParser()
        var found: ResponseHead?
        for line in lines { found = found ?? parser.consume(line) }
        return found
    }

    @Test func statusAndHeadersAreRead() {
        let head = head(["HTTP/1.1 404 Not Found\r\n", "Retry-After:  5 \r\n", "X: a:b\r\n", "\r\n"])
        #expect(head?.status == 404)
        #expect(head?.version == "1.1")
        #expect(head?.header("retry-after") == "5")
        #expect(head?.header("x") == "a:b")
        #expect(head?.header("absent") == nil)
    }

    @Test func interimResponseIsDropped() {
        let head = head(["HTTP/1.1 100 Continue\r\n", "A: 1\r\n", "\r\n", "HTTP/2 200\r\n", "B: 2\r\n", "\r\n"])
        #expect(head == ResponseHead(status: 200, version: "2", headers: [.init(name: "B", value: "2")]))
    }

    @Test(arguments: [["\r\n"], ["HTTP/1.1\r\n", "\r\n"], ["HTTP/1.1 abc\r\n", "\r\n"], ["A: 1\r\n", "\r\n"], [""]])
    func nonsenseIsNoHead(_ lines: [String]) {
        #expect(head(lines) == nil)
    }
}
