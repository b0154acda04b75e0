import Testing

@testable import Kubernetes

/// The store that a consumer keeps, as `ResourceChange` says to keep it: name and version of each object.
struct ConsumerStore {
    private(set) var objects: [String: String] = [:]
    private(set) var replacementCount = 0

    mutating func apply(_ changes: [ResourceChange<Service>]) {
        for change in changes {
            switch change {
            case .replaced(let all, _):
                replacementCount += 1
                objects = [:]
                for one in all { objects[one.metadata.name] = one.metadata.resourceVersion }
            case .applied(let one): objects[one.metadata.name] = one.metadata.resourceVersion
            case .deleted(let one): objects[one.metadata.name] = nil
            case .invalid: break
            }
        }
    }
}

/// A watch stream as an API server sent it, and the objects that are there after it. It begins at version 10, with
/// object `a` of version 7.
private enum Recording {
    static let lines: [(version: Int, text: String)] = [
        (11, JSON.event("ADDED", JSON.service("b", version: 11))),
        (13, JSON.event("MODIFIED", JSON.service("a", version: 13, spec: #"{"externalIPs":["192.0.2.1"]}"#))),
        (20, JSON.bookmark(20)),
        (21, JSON.event("ADDED", JSON.service("größe", version: 21, spec: #"{"loadBalancerClass":"a\"b\\}\n"}"#))),
        (22, JSON.event("DELETED", JSON.service("b", version: 22))),
        (25, JSON.event("ADDED", JSON.service("c", version: 25))),
        (26, JSON.event("MODIFIED", JSON.service("größe", version: 26))),
        (30, JSON.bookmark(30)),
    ]
    static let truth = ["a": "13", "größe": "26", "c": "25"]

    static func stream(after version: Int) -> [UInt8] {
        Array(lines.filter { $0.version > version }.map(\.text).joined().utf8)
    }
}

@Suite struct WatchStreamCutTests {
    /// Lets the stream break off after `cut` bytes, and goes on as the machine says until all is told.
    private func follow(cut: Int, _ end: KubernetesError?, pieceByteCount: Int) throws -> ConsumerStore {
        let decoder = ObjectDecoder<Service>()
        var machine = ListWatchMachine<Service>(settings: .init(), seed: 1)
        var store = ConsumerStore()
        var now = Duration.zero
        func play(_ input: ListWatchMachine<Service>.Input) -> ListWatchMachine<Service>.Operation? {
            let step = machine.handle(input, at: now)
            store.apply(step.changes)
            return step.next
        }
        var operation = play(.start)
        var watchCount = 0
        while let current = operation {
            switch current {
            case .wait(let wait):
                now += wait
                operation = play(.waited)
            case .list(let query):
                let version = query.limit == 1 ? 30 : 10
                operation = play(
                    .page(ListPage(items: [service("a", version: "7")], resourceVersion: "\(version)")))
            case .watch(let query):
                watchCount += 1
                var bytes = Recording.stream(after: Int(query.resourceVersion) ?? 0)
                let isLast = watchCount > 1
                if !isLast { bytes = Array(bytes.prefix(cut)) }
                _ = play(.watchOpened)
                now += .seconds(2)
                var splitter = LineSplitter()
                while !bytes.isEmpty {
                    splitter.append(Array(bytes.prefix(pieceByteCount)))
                    bytes.removeFirst(min(pieceByteCount, bytes.count))
                    while let line = try splitter.next() {
                        if let event = try decoder.event(line, request: "recording") {
                            #expect(play(.event(event)) == nil)
                        }
                    }
                }
                if isLast { return store }
                operation = play(.watchEnded(end))
            }
        }
        return store
    }

    @Test(arguments: 0...Recording.stream(after: 10).count)
    func cutAnywhereLosesNothing(_ cut: Int) throws {
        let lost = KubernetesError(code: .connectionLost, message: "cut")
        for (end, pieceByteCount) in [(nil, 1 << 20), (lost, 17)] as [(KubernetesError?, Int)] {
            let store = try follow(cut: cut, end, pieceByteCount: pieceByteCount)
            #expect(store.objects == Recording.truth, "cut after byte \(cut)")
            #expect(store.replacementCount == 1, "a cut is no reason for a new list")
        }
    }
}
