import Testing

@testable import KubeSim

@Suite struct PatchKindTests {
    let service: JSONValue = [
        "metadata": ["name": "web", "labels": ["a": "1"], "finalizers": ["x"]],
        "spec": [
            "ports": [["port": 80, "name": "http"], ["port": 443, "name": "https"]], "externalIPs": ["1.1.1.1"],
        ],
    ]

    @Test func mergePatchReplacesListsAndRemovesByNull() throws {
        let patched = try PatchKind.merge.apply(
            ["metadata": ["labels": ["a": nil, "b": "2"]], "spec": ["ports": [["port": 1]]]], to: service,
            type: .services)
        #expect(patched.at("metadata", "labels") == ["b": "2"])
        #expect(patched.at("spec", "ports") == [["port": 1]])
    }

    @Test func strategicPatchMergesPortsByNumber() throws {
        let patched = try PatchKind.strategic.apply(
            [
                "metadata": ["finalizers": ["y"], "$deleteFromPrimitiveList/finalizers": ["x"]],
                "spec": [
                    "ports": [["port": 443, "name": "tls"], ["port": 80, "$patch": "delete"], ["port": 8443]],
                    "$setElementOrder/ports": [["port": 8443], ["port": 443]], "externalIPs": ["2.2.2.2"],
                ],
            ], to: service, type: .services)
        #expect(patched.at("metadata", "finalizers") == ["y"])
        #expect(patched.at("spec", "ports") == [["port": 8443], ["port": 443, "name": "tls"]])
        #expect(patched.at("spec", "externalIPs") == ["2.2.2.2"])
    }

    @Test func conditionsAreMergedByType() throws {
        let node: JSONValue = ["status": ["conditions": [["type": "Ready", "status": "True"], ["type": "Disk"]]]]
        let patched = try PatchKind.strategic.apply(
            ["status": ["conditions": [["type": "Ready", "status": "False"]]]], to: node, type: .nodes)
        #expect(patched.at("status", "conditions") == [["type": "Ready", "status": "False"], ["type": "Disk"]])
    }

    @Test func jsonPatchOperationsWork() throws {
        let patched = try PatchKind.json.apply(
            [
                ["op": "test", "path": "/metadata/labels/a", "value": "1"],
                ["op": "add", "path": "/metadata/labels/x~1y", "value": "2"],
                ["op": "remove", "path": "/spec/ports/0"],
                ["op": "add", "path": "/spec/ports/-", "value": ["port": 9]],
                ["op": "replace", "path": "/spec/ports/0/name", "value": "n"],
                ["op": "copy", "from": "/metadata/name", "path": "/metadata/labels/copy"],
                ["op": "move", "from": "/metadata/labels/a", "path": "/metadata/labels/b"],
            ], to: service, type: .services)
        #expect(patched.at("metadata", "labels") == ["x/y": "2", "copy": "web", "b": "1"])
        #expect(patched.at("spec", "ports") == [["port": 443, "name": "n"], ["port": 9]])
    }

    @Test(
        arguments: [
            ["op": "test", "path": "/metadata/name", "value": "no"], ["op": "remove", "path": "/none"],
            ["op": "add", "path": "/spec/ports/9", "value": 1], ["op": "dance", "path": "/a"],
        ] as [JSONValue])
    func jsonPatchThatDoesNotFitIsUnprocessable(_ operation: JSONValue) {
        let error = #expect(throws: APIStatus.self) {
            try PatchKind.json.apply([operation], to: service, type: .services)
        }
        #expect(error?.code == 422)
    }

    @Test(arguments: PatchKind.allCases) func patchOfTheWrongShapeIsABadRequest(_ kind: PatchKind) {
        let error = #expect(throws: APIStatus.self) { try kind.apply("text", to: service, type: .services) }
        #expect(error?.code == 400)
    }
}
