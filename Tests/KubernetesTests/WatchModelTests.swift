import Testing

@testable import Kubernetes

/// An API server reduced to what a watcher can tell: a history of versions, pages, watches, forgetting, and being
/// replaced by one with an older database.
private struct ModelServer {
    private struct Entry {
        var version: Int
        var name: String
        var isDeletion: Bool
    }

    private var history: [Entry] = []
    private(set) var version = 100
    /// Watches from before this version are refused.
    private var forgotten = 0
    private var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    /// Name and version of each object, as of a version.
    func objects(at version: Int? = nil) -> [String: String] {
        var objects: [String: String] = [:]
        for entry in history where entry.version <= version ?? .max {
            objects[entry.name] = entry.isDeletion ? nil : "\(entry.version)"
        }
        return objects
    }

    mutating func write(_ count: Int) {
        for _ in 0..<count {
            version += Int.random(in: 1...3, using: &random)
            let name = "s\(Int.random(in: 0..<8, using: &random))"
            let exists = objects()[name] != nil
            history.append(
                Entry(version: version, name: name, isDeletion: exists && Bool.random(using: &random)))
        }
    }

    mutating func forget() { forgotten = max(forgotten, version - 10) }

    /// Goes back to the state of a backup.
    mutating func restore(to version: Int) {
        self.version = version
        history.removeAll { $0.version > version }
        forgotten = min(forgotten, version)
    }

    /// A token is `version/offset`.
    func list(_ query: ListQuery) -> ListWatchMachine<Service>.Input {
        if case .notOlderThan(let asked) = query.freshness, query.continueToken == nil, Int(asked) ?? 0 > version {
            return .listFailed(failure(.resourceVersionTooLarge))
        }
        let parts = (query.continueToken ?? "\(version)/0").split(separator: "/").compactMap { Int($0) }
        guard parts[0] >= forgotten else { return .listFailed(failure(.expired)) }
        guard parts[0] <= version else { return .listFailed(failure(.serverError)) }
        let all = objects(at: parts[0]).sorted { $0.key < $1.key }
        let rest = all.dropFirst(parts[1])
        let items = rest.prefix(query.limit ?? .max)
        return .page(
            ListPage(
                items: items.map { service($0.key, version: $0.value) }, resourceVersion: "\(parts[0])",
                continueToken: rest.count > items.count ? "\(parts[0])/\(parts[1] + items.count)" : nil))
    }

    /// What a watch says that began after a version and has heard up to another.
    func events(after version: Int) -> [WatchEvent<Service>] {
        if version < forgotten { return [.error(failure(.expired))] }
        return history.filter { $0.version > version }.map { entry in
            let object = service(entry.name, version: "\(entry.version)")
            return entry.isDeletion ? .deleted(object) : .applied(object)
        }
    }
}

/// Plays the machine against the model, with failures of every kind in between.
private struct Play {
    var server: ModelServer
    var machine: ListWatchMachine<Service>
    var store = ConsumerStore()
    var now = Duration.zero
    var random: SeededGenerator

    init(seed: UInt64) {
        server = ModelServer(seed: seed)
        machine = ListWatchMachine(settings: .init(pageLimit: 3), seed: seed)
        random = SeededGenerator(seed: ~seed)
        server.write(20)
    }

    mutating func handle(_ input: ListWatchMachine<Service>.Input) -> ListWatchMachine<Service>.Operation? {
        let step = machine.handle(input, at: now)
        store.apply(step.changes)
        return step.next
    }

    mutating func chance(_ part: Int) -> Bool { Int.random(in: 0..<part, using: &random) == 0 }

    /// What breaks a connection.
    mutating func breakage() -> KubernetesError {
        let codes: [KubernetesError.Code] = [
            .connectionFailed, .connectionLost, .tlsFailed, .timedOut, .idle, .serverError, .forbidden, .unauthorized,
        ]
        return failure(codes.randomElement(using: &random) ?? .idle)
    }

    /// While nobody is connected: time passes, and now and then the server is replaced.
    mutating func beAway() {
        guard chance(3) else { return }
        let before = server.version
        server.restore(to: before - Int.random(in: 30...60, using: &random))
        if chance(2) {
            // It has written its way past our place before we are back. That takes its time.
            server.write(40)
            now += .seconds(700)
        } else {
            server.write(Int.random(in: 0...8, using: &random))
        }
    }

    mutating func turn(_ operation: ListWatchMachine<Service>.Operation, isCalm: Bool) throws
        -> ListWatchMachine<Service>.Operation?
    {
        now += .milliseconds(Int.random(in: 0..<3000, using: &random))
        switch operation {
        case .wait(let wait):
            now += wait
            return handle(.waited)
        case .list(let query):
            if !isCalm {
                if chance(4) {
                    beAway()
                    return handle(.listFailed(breakage()))
                }
                if chance(10) { return handle(.listFailed(failure(.tooManyRequests))) }
                if chance(6) { server.forget() }
                server.write(Int.random(in: 0...2, using: &random))
            }
            return handle(server.list(query))
        case .watch(let query):
            guard isCalm || !chance(5) else { return handle(.watchEnded(breakage())) }
            _ = handle(.watchOpened)
            var place = try #require(Int(query.resourceVersion))
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                now += .milliseconds(Int.random(in: 300..<1500, using: &random))
                if !isCalm { server.write(Int.random(in: 0...3, using: &random)) }
                for event in server.events(after: place) {
                    if let next = handle(.event(event)) { return next }
                }
                place = max(place, server.version)
                if chance(3), let next = handle(.event(.bookmark(resourceVersion: "\(place)"))) { return next }
            }
            if isCalm { return nil }
            if chance(5) {
                // Its time is over.
                now += .seconds(290)
                return handle(.watchEnded(nil))
            }
            if chance(8) { return handle(.watchEnded(failure(.malformedResponse))) }
            beAway()
            return handle(.watchEnded(chance(3) ? nil : breakage()))
        }
    }
}

@Suite struct WatchModelTests {
    /// Through cuts, refusals, forgotten versions and servers restored from older backups, no deletion is lost.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func storeBecomesWhatTheServerHas(_ seed: UInt64) throws {
        var play = Play(seed: seed)
        var operation = play.handle(.start)
        for _ in 0..<60 {
            guard let current = operation else { break }
            operation = try play.turn(current, isCalm: false)
        }
        // The world comes to rest; within a few steps the store is right.
        for _ in 0..<30 {
            guard let current = operation else { break }
            operation = try play.turn(current, isCalm: true)
        }
        #expect(operation == nil, "the machine has not come to a watch")
        #expect(play.store.objects == play.server.objects())
    }
}
