import NetworkTypes
import Northbound
import Testing

@testable import FRRManagement

@Suite struct RoutePlanTests {
    private let ownership = Ownership(table: 1790, tags: .standard)
    private let prefix = Network("203.0.113.80").prefix

    private func plan(_ edits: [NetworkEdit], _ paths: [StaticPath]) throws -> RoutePlan {
        try RoutePlan(edits: edits, routes: paths.isEmpty ? [:] : [prefix: paths], ownership: ownership)
    }

    @Test func theLastEditOfAPrefixWins() throws {
        let edits: [NetworkEdit] = [
            .set(Network("203.0.113.80")), .remove(prefix), .set(Network("203.0.113.80", .drain)),
        ]
        #expect(try plan(edits, []).puts == [.init(prefix: prefix, tag: 199, isNew: true)])
        #expect(try plan([.set(Network("203.0.113.80")), .remove(prefix)], []).isEmpty)
    }

    @Test func changesOnlyTheTagOfARouteThatIsThere() throws {
        let plan = try plan([.set(Network("203.0.113.80", .drain))], [.blackhole()])
        #expect(plan.puts == [.init(prefix: prefix, tag: 199, isNew: false)])
        let batches = plan.leafBatches(schema: .b, ownership: ownership, limits: .medium)
        let path = StaticSchema.b.entry(prefix) + "/path-list[table-id='1790'][distance='1']/tag"
        #expect(batches == [.leaves([.set(path: path, value: "199")])])
    }

    @Test func removesTheEntryOnlyWhenNothingElseIsInIt() throws {
        let remove: [NetworkEdit] = [.remove(prefix)]
        #expect(try plan(remove, [.blackhole()]).entryRemovals == [prefix])
        let shared = try plan(remove, [.blackhole(), .gateway("10.0.0.1")])
        #expect(shared.entryRemovals.isEmpty)
        #expect(shared.pathRemovals == [.init(prefix: prefix, path: .blackhole())])
        #expect(try plan(remove, [.gateway("10.0.0.1")]).isEmpty)
        #expect(try plan(remove, [.blackhole(tag: 99)]).isEmpty)
    }

    @Test func refusesAPlaceThatSomebodyElseHas() {
        for foreign in [StaticPath.blackhole(tag: 99), .gateway("10.0.0.1", table: 1790, tag: 100)] {
            #expect {
                try plan([.set(Network("203.0.113.80"))], [foreign])
            } throws: { error in
                guard let error = error as? ManagementError else { return false }
                return error.code == .rejected && error.message.contains("203.0.113.80/32")
            }
        }
    }

    @Test func movesARouteOfOursToItsPlace() throws {
        let stray = StaticPath.blackhole(distance: 7)
        let plan = try plan([.set(Network("203.0.113.80"))], [stray])
        #expect(plan.puts == [.init(prefix: prefix, tag: 100, isNew: true)])
        #expect(plan.pathRemovals == [.init(prefix: prefix, path: stray)])
    }

    @Test func pathsOfTheThreeSchemas() {
        let path = StaticPath.blackhole()
        #expect(
            StaticSchema.a.path(prefix, path)
                == StaticSchema.container + "/route-list[prefix='203.0.113.80/32']"
                + "[afi-safi='frr-routing:ipv4-unicast']/path-list[table-id='1790'][distance='1']")
        #expect(
            StaticSchema.b.entry(Network("2001:db8::80").prefix).hasSuffix(
                "[prefix='2001:db8::80/128'][src-prefix='::/0'][afi-safi='frr-routing:ipv6-unicast']"))
        #expect(
            StaticSchema.c.leaves(prefix, path).tag.hasSuffix(
                "/path-list[table-id='1790'][nh-type='blackhole'][vrf='default'][gateway=''][interface='(null)']/tag"))
    }

    @Test func aReplacementKeepsEverythingForeignAsItWas() throws {
        let text = #"""
            {"frr-staticd:staticd":{"segment-routing":{"srv6":{"x":[null]}},"route-list":[
            {"prefix":"203.0.113.80/32","src-prefix":"::/0","afi-safi":"frr-routing:ipv4-unicast","path-list":[
            {"table-id":1790,"nh-type":"blackhole","vrf":"default","gateway":"","interface":"(null)","tag":100},
            {"table-id":0,"nh-type":"ip4","vrf":"default","gateway":"10.0.0.1","interface":"","metric":7,"weight":1.50}]},
            {"prefix":"203.0.113.81/32","src-prefix":"::/0","afi-safi":"frr-routing:ipv4-unicast","path-list":[
            {"table-id":1790,"nh-type":"blackhole","vrf":"default","gateway":"","interface":"(null)","tag":100}]},
            {"prefix":"2001:db8::/64","src-prefix":"2001:db8:1::/48","afi-safi":"frr-routing:ipv6-unicast"},
            {"prefix":"not a prefix","unknown":true}]}}
            """#
        let json = try JSONReader.read(Array(text.utf8))
        let edits: [NetworkEdit] = [
            .remove(prefix), .remove(Network("203.0.113.81").prefix), .set(Network("203.0.113.82")),
        ]
        let plan = try RoutePlan(edits: edits, routes: StaticSchema.routes(in: json), ownership: ownership)
        let batches = try plan.replacementBatches(
            container: json, schema: .c, ownership: ownership, limits: .large)
        guard batches.count == 2, case .tree(.replace, StaticSchema.container, let data) = batches[0],
            case .tree(.merge, StaticSchema.container, let merged) = batches[1]
        else {
            Issue.record("\(batches)")
            return
        }
        #expect(
            data == #"{"frr-staticd:staticd":{"segment-routing":{"srv6":{"x":[null]}},"route-list":["#
                + #"{"prefix":"203.0.113.80/32","src-prefix":"::/0","afi-safi":"frr-routing:ipv4-unicast","path-list":["#
                + #"{"table-id":0,"nh-type":"ip4","vrf":"default","gateway":"10.0.0.1","interface":"","metric":7,"weight":1.50}]},"#
                + #"{"prefix":"2001:db8::/64","src-prefix":"2001:db8:1::/48","afi-safi":"frr-routing:ipv6-unicast"},"#
                + #"{"prefix":"not a prefix","unknown":true}]}}"#)
        #expect(merged.contains("203.0.113.82/32"))
    }

    @Test func aReplacementIsCutWhereFramesAreBounded() throws {
        var routes: StaticRoutes = [:]
        for index in 0..<1_000 {
            routes[IPPrefix(host: IPAddress(family: .ipv4, bits: UInt128(0xCB00_0000 + index)))] = [.blackhole()]
        }
        let json = try JSONReader.read(
            Array(RouteRendering.json(at: StaticSchema.container, in: routes, .b).utf8))
        let removals = routes.keys.sorted().prefix(500).map { NetworkEdit.remove($0) }
        let plan = try RoutePlan(edits: removals, routes: routes, ownership: ownership)
        let batches = try plan.replacementBatches(container: json, schema: .b, ownership: ownership, limits: .medium)
        #expect((2...4).contains(batches.count))
        for batch in batches {
            #expect(try Dialect.native.frame(.edit(batch), session: 1, id: 1).byteCount <= 65_528)
        }
    }

    @Test func refinesTheReleaseByTheFirstEdit() {
        let edited = { (changed: Bool, created: Bool) in
            ReleaseRange.v10r4OrLater.refined(byEditReply: .edited(changed: changed, created: created))
        }
        #expect(edited(false, true) == .v10r4)
        #expect(edited(true, false) == .v10r6)
        #expect(edited(true, true) == .v10r4OrLater)
        #expect(ReleaseRange.v10r3.refined(byEditReply: .edited(changed: true, created: false)) == .v10r3)
    }
}
