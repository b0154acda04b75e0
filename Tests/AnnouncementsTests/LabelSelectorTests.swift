import Announcements
import Testing

@Suite struct LabelSelectorTests {
    private let labels = ["app": "web", "tier": "a", "empty": "", "example.com/x": "1"]

    @Test(arguments: [
        ("app=web", true), ("app==web", true), ("app = web", true), ("app=db", false), ("app!=web", false),
        ("app!=db", true), ("none!=web", true), ("app", true), ("none", false), ("!app", false), ("!none", true),
        ("app in (web, db)", true), ("app in (db)", false), ("none in (db)", false), ("app notin (web)", false),
        ("app notin (db, x)", true), ("none notin (web)", true), ("app=web,tier=a", true), ("app=web, tier=b", false),
        ("app in (web,db),tier notin (b,c),!none", true), ("empty=", true), ("app=", false), ("example.com/x=1", true),
        ("empty in (,x)", true),
    ])
    func selects(_ text: String, _ expected: Bool) throws {
        #expect(try LabelSelector(text).matches(labels) == expected)
    }

    @Test(arguments: [
        "", " ", "=a", "a=b,", ",a", "a in b", "a within (b)", "a b", "(x)", "a in (b", "a)", "a/b/c=1", "/a", "a/=1",
        "-a", "a=-b", "a=b=c", "ä=1", "a==b=c", "a!b", "a in (b) c",
        "a=" + String(repeating: "x", count: 64),
    ])
    func refuses(_ text: String) {
        let error = #expect(throws: SelectorError.self) { try LabelSelector(text) }
        #expect(error?.description.isEmpty == false)
    }

    @Test func keysSayWhetherNamespacesMustBeKnown() throws {
        var selection = ServiceSelection()
        selection.namespaces.include = ["shop"]
        #expect(!selection.needsNamespaces)
        selection.namespaceLabels.exclude = [try LabelSelector("kubernetes.io/metadata.name in (a, b)")]
        #expect(!selection.needsNamespaces)
        selection.namespaceLabels.include = [try LabelSelector("env=prod,kubernetes.io/metadata.name!=a")]
        #expect(selection.needsNamespaces)
    }

    @Test(arguments: ["key", "key=value", "key:NoExecute", "example.com/key=value:NoSchedule", "key=:NoExecute"])
    func readsAndWritesTaints(_ text: String) throws {
        #expect(try TaintPattern(text).description == text)
    }

    @Test(arguments: ["", ":NoExecute", "=v", "key:Never", "key:", "key=a b", "a/b/c"])
    func refusesTaints(_ text: String) {
        #expect(throws: SelectorError.self) { try TaintPattern(text) }
    }
}
