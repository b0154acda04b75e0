import NetworkTypes
import Northbound

/// The transaction of the matrix: 100 edits of both families that add, change and remove.
struct MatrixNetworks: Sendable {
    /// What FRR runs before.
    let old: Set<Network>
    /// What FRR runs after.
    let new: Set<Network>
    /// From one to the other, in prefix order, as the service sends them.
    let edits: [NetworkEdit]

    /// The 57th edit, one that adds a network.
    var the57th: IPPrefix { edits[56].prefix }

    init() throws {
        var old: Set<Network> = []
        var new: Set<Network> = []
        var edits: [NetworkEdit] = []
        for index in 0..<100 {
            let prefix = try IPPrefix(
                index < 50 ? "198.51.100.\(index + 1)/32" : "2001:db8:51::\(String(index + 1, radix: 16))/128")
            let before = Network(prefix: prefix)
            let after = Network(prefix: prefix, attributeClass: .drain)
            switch index % 10 {
            case 0...2:
                old.insert(before)
                new.insert(after)
                edits.append(.set(after))
            case 3...6:
                new.insert(before)
                edits.append(.set(before))
            default:
                old.insert(before)
                edits.append(.remove(prefix))
            }
        }
        self.old = old
        self.new = new
        self.edits = edits.sorted { $0.prefix < $1.prefix }
    }
}
