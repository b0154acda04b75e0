internal import ArgumentParser
internal import Foundation
internal import NetworkTypes
internal import Northbound

/// `cosmolet announce`: one prefix, by hand.
struct AnnounceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "announce",
        abstract: "Announce prefixes by hand.",
        discussion: """
            All prefixes go in one transaction. They carry the class manual, which no agent ever touches, unless --class
            says otherwise. Announcing what is announced already is no error.

            EXAMPLES
              cosmolet announce 198.51.100.7
              cosmolet announce 198.51.100.7 2001:db8::7 --northbound mgmtd:/run/frr/mgmtd_fe.sock
            """)

    @Argument(help: "Prefixes or addresses; an address is a /32 or /128.")
    var prefixes: [String]

    @Option(name: .customLong("class"), help: ArgumentHelp("Attribute class.", valueName: "name"))
    var attributeClass = "manual"

    @OptionGroup var options: SessionOptions

    func run() async throws {
        let prefixes = try PrefixArguments.parse(prefixes)
        try await options.withSession { session, tags in
            guard let name = AttributeClass(rawValue: attributeClass), tags.tag(of: name) != nil else {
                let known = tags.classes.map(\.rawValue).joined(separator: ", ")
                throw Failure.exit(
                    "class \"\(attributeClass)\" is not defined", hint: "Known classes: \(known)", code: .configuration)
            }
            let running = try await session.networks()
            let byAgent = running.filter { prefixes.contains($0.prefix) && $0.attributeClass != .manual }
            if name == .manual, let network = byAgent.sorted().first {
                throw Failure.exit(
                    "\(network.prefix) is already announced with class \(network.attributeClass)",
                    hint: "An agent may own it; give --class \(network.attributeClass) to leave it as it is.",
                    code: .failure)
            }
            let edits = prefixes.map { NetworkEdit.set(Network(prefix: $0, attributeClass: name)) }
            try await HandCommit.commit(edits, session, verb: "announced")
        }
    }
}

/// `cosmolet withdraw`: the reverse.
struct WithdrawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw",
        abstract: "Withdraw prefixes that were announced by hand.",
        discussion: """
            All prefixes go in one transaction. A prefix that an agent announces is refused without --force, since the
            agent would announce it again. Withdrawing what is not announced is no error.

            EXAMPLES
              cosmolet withdraw 198.51.100.7
              cosmolet withdraw --force 2001:db8::7
            """)

    @Argument(help: "Prefixes or addresses; an address is a /32 or /128.")
    var prefixes: [String]

    @Flag(help: "Also withdraw what an agent announced.")
    var force = false

    @OptionGroup var options: SessionOptions

    func run() async throws {
        let prefixes = try PrefixArguments.parse(prefixes)
        try await options.withSession { session, _ in
            let running = try await session.networks().filter { prefixes.contains($0.prefix) }
            if !force, let network = running.sorted().first(where: { $0.attributeClass != .manual }) {
                throw Failure.exit(
                    "\(network.prefix) is announced with class \(network.attributeClass), not by hand",
                    hint: "An agent may own it and announce it again; --force withdraws it all the same.",
                    code: .failure)
            }
            let present = Set(running.map(\.prefix))
            let edits = prefixes.filter(present.contains).map { NetworkEdit.remove($0) }
            for prefix in prefixes where !present.contains(prefix) { print("\(prefix) was not announced") }
            if !edits.isEmpty { try await HandCommit.commit(edits, session, verb: "withdrawn") }
        }
    }
}

/// Reading prefixes with the reason when one is wrong.
enum PrefixArguments {
    static func parse(_ texts: [String], allowsNone: Bool = false) throws -> [IPPrefix] {
        var result: [IPPrefix] = []
        for text in texts {
            do { result.append(try IPPrefix(text)) } catch { throw ValidationError(error.description) }
        }
        guard allowsNone || !result.isEmpty else { throw ValidationError("Name at least one prefix.") }
        return result
    }
}

/// One transaction by hand and its outcome in words.
enum HandCommit {
    static func commit(_ edits: [NetworkEdit], _ session: any ManagementSession, verb: String) async throws {
        let user = ProcessInfo.processInfo.environment["SUDO_USER"] ?? NSUserName()
        let transaction = Transaction(
            id: UUID().uuidString.lowercased(), edits: edits, cause: ["by hand, user \(user)"])
        let result = await session.commit(transaction)
        switch result.outcome {
        case .applied:
            for edit in edits { print("\(edit.prefix) \(verb)") }
        case .rejected(let error) where error.isRetryable:
            throw Failure.exit(error.message, hint: "Nothing was changed; try again.", code: .temporary)
        case .rejected(let error):
            throw Failure.exit(error.message, hint: "Nothing was changed.", code: .failure)
        case .unknown(let error):
            throw Failure.exit(
                error.message, hint: "The outcome is not known; look with: cosmolet list", code: .temporary)
        }
    }
}
