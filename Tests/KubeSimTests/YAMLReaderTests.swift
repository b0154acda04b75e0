import Testing

@testable import KubeSim

@Suite struct YAMLReaderTests {
    @Test func manifestsAreRead() throws {
        let text = """
            # a comment
            apiVersion: v1
            metadata:
              name: "web"   # the name
              labels: {app: web, tier: 'a b'}
            spec:
              ports:
              - port: 80
                name: http
              -
                port: 443
              empty:
              flag: true
              version: "1"
              path: a:b#c
              list: [1, two, [3]]
              script: |
                one
                  two

              folded: >-
                a
                b
            ---
            kind: Other
            """
        let documents = try YAMLReader.documents(text)
        #expect(documents.count == 2)
        #expect(
            documents[0] == [
                "apiVersion": "v1",
                "metadata": ["name": "web", "labels": ["app": "web", "tier": "a b"]],
                "spec": [
                    "ports": [["port": 80, "name": "http"], ["port": 443]], "empty": nil, "flag": true,
                    "version": "1", "path": "a:b#c", "list": [1, "two", [3]], "script": "one\n  two\n",
                    "folded": "a b",
                ],
            ])
    }

    @Test(arguments: [
        "a: &x 1", "a: *x", "a: !!str 1", "? a", "%YAML 1.2", "a: [1", "a: \"x", "a: 1\n  b: 2", "a: 1\na: 2", "\ta: 1",
        "a:\n- 1\n b",
    ])
    func whatIsNotSupportedIsRefused(_ text: String) {
        #expect(throws: YAMLError.self) { try YAMLReader.documents(text) }
    }
}
