import Testing

@testable import KubeSim

@Suite struct SelectorTests {
    @Test(arguments: [
        ("", true), ("app=web", true), ("app==web", true), ("app!=web", false), ("none!=web", true), ("app", true),
        ("!app", false), ("!none", true), ("app in (web, db)", true), ("app notin (web)", false),
        ("none notin (web)", true), ("app=web,tier in (a,b)", true), ("app=web,tier=b", false), ("tier=", false),
    ])
    func labelSelectorsSelect(_ text: String, _ expected: Bool) throws {
        #expect(try LabelSelector(parsing: text).matches(["app": "web", "tier": "a"]) == expected)
    }

    @Test(arguments: ["=a", "a in b", "a within (b)", "a b", "(x)"]) func brokenLabelSelectorsAreRefused(_ text: String)
    {
        let error = #expect(throws: APIStatus.self) { try LabelSelector(parsing: text) }
        #expect(error?.code == 400)
    }

    @Test func fieldSelectorsAreThoseOfTheType() throws {
        #expect(throws: APIStatus.self) { try FieldSelector(parsing: "spec.ports=1", for: .services) }
        #expect(throws: APIStatus.self) { try FieldSelector(parsing: "metadata.name", for: .services) }
        let event = StoredObject(
            type: .events, namespace: "default", name: "e", revision: 1,
            value: ["involvedObject": ["name": "web"], "type": "Normal"])
        #expect(try FieldSelector(parsing: "involvedObject.name=web,type!=Warning", for: .events).matches(event))
        #expect(try !FieldSelector(parsing: "metadata.namespace=other", for: .events).matches(event))
    }
}
