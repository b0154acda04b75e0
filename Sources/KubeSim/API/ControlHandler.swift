/// Answers requests below `/kubesim`: faults, reset, and what has been seen.
struct ControlHandler {
    let store: ObjectStore
    let faults: FaultInjector
    let requestLog: RequestLog
    let script: FaultScriptPlayer

    func answer(_ method: String, _ path: [String], _ body: [UInt8]) throws(APIStatus) -> Reply {
        switch (method, path) {
        case ("GET", ["faults"]):
            return Reply(json: ["faults": .array(faults.pending.map(Self.json))])
        case ("POST", ["faults"]):
            let result = faults.inject(try Fault(json: try BodyReader.json(body)))
            var answer: JSONValue = ["watchesHit": .integer(Int64(result.watchesHit))]
            answer["id"] = result.id.map { .integer(Int64($0)) }
            return Reply(status: 201, json: answer)
        case ("DELETE", ["faults"]):
            faults.clear()
            return Reply(json: ["faults": []])
        case ("DELETE", _) where path.count == 2 && path[0] == "faults":
            guard let id = UInt64(path[1]), faults.remove(id: id) else {
                throw APIStatus(code: 404, reason: "NotFound", message: "there is no fault \"\(path[1])\"")
            }
            return Reply(json: ["faults": .array(faults.pending.map(Self.json))])
        case ("GET", ["script"]):
            return Reply(json: ["waiting": .integer(Int64(script.waiting))])
        case ("POST", ["script"]):
            let steps = try FaultScript(text: String(decoding: body, as: UTF8.self))
            script.play(steps)
            return Reply(status: 201, json: ["waiting": .integer(Int64(steps.steps.count))])
        case ("DELETE", ["script"]):
            script.play(FaultScript())
            return Reply(json: ["waiting": 0])
        case ("POST", ["reset"]):
            let options: JSONValue = body.isEmpty ? [:] : try BodyReader.json(body)
            let version = options["resourceVersion"]
            guard version == nil || (version?.integer).map({ $0 >= 0 }) ?? false else {
                throw .badRequest("resourceVersion must be a number that is not negative")
            }
            store.reset(resourceVersion: version?.integer)
            return Reply(json: ["resourceVersion": .string(String(store.resourceVersion))])
        case ("GET", ["requests"]):
            return Reply(json: ["requests": .array(requestLog.entries.map(Self.json))])
        case ("DELETE", ["requests"]):
            requestLog.removeAll()
            return Reply(json: ["requests": []])
        case ("GET", ["watches"]):
            let watches = store.watches(where: { _ in true })
            return Reply(json: [
                "watches": .array(
                    watches.map { watch in
                        var value: JSONValue = [
                            "id": .integer(Int64(watch.id)), "resource": .string(watch.selection.type.qualifiedName),
                        ]
                        value["namespace"] = watch.selection.namespace.map(JSONValue.string)
                        return value
                    })
            ])
        case (_, ["faults"]), (_, ["script"]), (_, ["reset"]), (_, ["requests"]), (_, ["watches"]):
            throw .methodNotAllowed(method)
        default: throw .noSuchPath
        }
    }

    private static func json(_ pending: PendingFault) -> JSONValue {
        var value = pending.fault.json
        value["id"] = .integer(Int64(pending.id))
        value["remaining"] = pending.remaining.map { .integer(Int64($0)) }
        return value
    }

    private static func json(_ entry: RequestLog.Entry) -> JSONValue {
        var value: JSONValue = [
            "number": .integer(Int64(entry.number)), "method": .string(entry.method), "path": .string(entry.path),
            "query": .string(entry.query), "userAgent": .string(entry.userAgent),
        ]
        value["verb"] = entry.verb.map(JSONValue.string)
        value["resource"] = entry.resource.map(JSONValue.string)
        return value
    }
}
