import NetworkTypes
import Northbound
import NorthboundRPC
import Testing

@Suite struct ProtocolRefusalTests {
    private static let path = NetworkPath.entry(IPPrefix(host: IPAddress(family: .ipv4, bits: 0xC633_6401)))
    private static let leaf = path + "/rmap-policy-export"

    private func header(_ method: NorthboundMethod = .commit) -> RequestHeader {
        RequestHeader(method: method, requestID: "r", client: "c")
    }

    /// Code and text of what decoding a request says.
    private func refusal(_ message: RawMessage, of method: NorthboundMethod = .commit) -> String? {
        failure { () throws(NorthboundError) in
            try MessageCodec.decodeRequest(header(method), body: message.bytes)
        }?.description
    }

    private func edit(_ operation: UInt64, _ path: String, _ value: String?) -> RawMessage {
        var pathValue = RawMessage().text(1, path)
        if let value { pathValue = pathValue.text(2, value) }
        return RawMessage().varint(1, operation).message(2, pathValue)
    }

    // MARK: - Text, numbers, unknown things

    @Test func textThatIsNotUTF8IsNamed() {
        let pathValue = RawMessage().block(1, [0x2F, 0xFF])
        let commit = RawMessage().varint(1, 2).message(2, edit(1, Self.leaf, "COSMOLET-default"))
            .message(2, RawMessage().varint(1, 1).message(2, pathValue))
        #expect(refusal(commit) == "INVALID_ARGUMENT: CommitRequest.edits[1].path_value.path: is not UTF-8")
        let cause = RawMessage().varint(1, 2).block(4, [0x61, 0x00])
        #expect(refusal(cause) == "INVALID_ARGUMENT: CommitRequest.cause[0]: contains NUL")
    }

    @Test func unknownEnumNumbersAreNamed() {
        #expect(
            refusal(RawMessage().varint(1, 9))
                == "INVALID_ARGUMENT: CommitRequest.phase: there is no Phase with number 9")
        #expect(refusal(RawMessage()) == "INVALID_ARGUMENT: CommitRequest.phase: is missing")
        #expect(refusal(RawMessage().varint(1, 0)) == "INVALID_ARGUMENT: CommitRequest.phase: is missing")
        #expect(
            refusal(RawMessage().varint(1, .max))
                == "INVALID_ARGUMENT: CommitRequest.phase: there is no Phase with number -1")
        #expect(
            refusal(RawMessage().varint(1, 1 << 40))
                == "INVALID_ARGUMENT: CommitRequest.phase: is no number of its type")
        #expect(
            refusal(RawMessage().varint(7, 2).varint(7, 77), of: .listTransactions)
                == "INVALID_ARGUMENT: ListTransactionsRequest.outcomes[1]: "
                + "there is no TransactionOutcome with number 77")
        #expect(
            refusal(RawMessage().varint(7, 2).varint(7, 2), of: .listTransactions)
                == "INVALID_ARGUMENT: ListTransactionsRequest.outcomes[1]: is there twice")
    }

    @Test func aRedistributionThatSaysNothingIsNamed() {
        let cases = [
            (RawMessage().varint(1, 5).varint(2, 1790), "family: is 5, not 4 or 6"),
            (RawMessage().varint(2, 1790), "family: is missing"), (RawMessage().varint(1, 4), "table: is missing"),
        ]
        for (line, text) in cases {
            let instance = RawMessage().text(1, "default").message(4, line)
            let capabilities = RawMessage().varint(1, 1).message(6, RawMessage().varint(3, 1).varint(4, 1))
                .message(7, RawMessage().varint(1, 1)).message(100, instance)
            let said = failure { () throws(NorthboundError) in
                try MessageCodec.decodeReply(
                    ReplyHeader(requestID: "r"), to: .getCapabilities, body: capabilities.bytes)
            }
            #expect(said?.message == "Capabilities.instances[0].redistributions[0].\(text)")
        }
    }

    @Test func packedNumbersAreReadToo() throws {
        let request = try MessageCodec.decodeRequest(
            header(.listTransactions), body: RawMessage().block(7, [2, 3]).bytes)
        #expect(request == .listTransactions(TransactionFilter(outcomes: [.applied, .rejected])))
        let many = RawMessage().block(7, [UInt8](repeating: 2, count: 50_000))
        #expect(
            refusal(many, of: .listTransactions)
                == "INVALID_ARGUMENT: ListTransactionsRequest.outcomes: has more than 40000 elements")
    }

    @Test func unknownFieldsAreIgnoredWithinReason() throws {
        let known = RawMessage().varint(1, 2).message(2, edit(2, Self.path, nil))
        let later = known.varint(900, 7).text(901, "later").adding(RawMessage.varint(902 << 3 | 1))
            .adding([1, 2, 3, 4, 5, 6, 7, 8]).adding(RawMessage.varint(903 << 3 | 5)).adding([1, 2, 3, 4])
        #expect(
            try MessageCodec.decodeRequest(header(), body: later.bytes)
                == MessageCodec.decodeRequest(header(), body: known.bytes))
        var many = known
        for _ in 0...Limits.unknownFieldCount { many = many.varint(900, 7) }
        #expect(refusal(many) == "INVALID_ARGUMENT: CommitRequest: more than 64 fields are unknown")
        let empty = try MessageCodec.decodeRequest(header(.renewLease), body: RawMessage().text(5, "later").bytes)
        #expect(empty == .renewLease)
    }

    @Test func aFieldThatIsThereTwiceIsRefused() {
        #expect(
            refusal(RawMessage().varint(1, 1).varint(1, 2)) == "INVALID_ARGUMENT: CommitRequest.phase: is there twice")
        let twice = RawMessage().varint(1, 2).message(
            2, edit(1, Self.leaf, "COSMOLET-default").message(2, RawMessage().text(1, "/x")))
        #expect(refusal(twice) == "INVALID_ARGUMENT: CommitRequest.edits[0].path_value: is there twice")
    }

    @Test func wrongWireTypesAndLengthsAreNamed() {
        #expect(refusal(RawMessage().text(1, "x")) == "INVALID_ARGUMENT: CommitRequest.phase: has wire type 2")
        #expect(refusal(RawMessage().varint(2, 1)) == "INVALID_ARGUMENT: CommitRequest.edits: has wire type 0")
        let absurd = RawMessage().varint(1, 2).adding([0x12] + RawMessage.varint(.max))
        #expect(
            refusal(absurd)
                == "INVALID_ARGUMENT: CommitRequest.edits: has a length of 18446744073709551615, only 0 bytes follow")
        #expect(
            refusal(RawMessage().adding([0x00])) == "INVALID_ARGUMENT: CommitRequest: there is no field tag at byte 0")
        #expect(
            refusal(RawMessage().adding([0xF3, 0x07])) == "INVALID_ARGUMENT: CommitRequest.field 126: has wire type 3")
    }

    // MARK: - Edits

    @Test func editsOutsideTheModelAreNamed() {
        func refusal(_ edit: RawMessage) -> String {
            self.refusal(RawMessage().varint(1, 2).message(2, edit)) ?? "none"
        }
        #expect(
            refusal(edit(3, Self.leaf, "x")).hasSuffix("edits[0].operation: there is no EditOperation with number 3"))
        #expect(refusal(edit(1, Self.leaf, nil)).hasSuffix("edits[0].path_value.value: is missing"))
        #expect(refusal(edit(2, Self.path, "x")).hasSuffix("edits[0].path_value.value: a removal has none"))
        #expect(
            refusal(edit(1, "/frr-interface:lib", "x")).contains("edits[0].path_value: path /frr-interface:lib is not"))
        #expect(refusal(edit(1, Self.leaf, "other")).hasSuffix("value \"other\" is not COSMOLET-<class>"))
        #expect(refusal(edit(1, "", "x")).hasSuffix("edits[0].path_value.path: is empty"))
        #expect(refusal(RawMessage().varint(1, 1)).hasSuffix("edits[0].path_value: is missing"))
        #expect(
            refusal(edit(1, String(repeating: "/", count: 1025), "x"))
                .hasSuffix("edits[0].path_value.path: has 1025 bytes, at most 1024 are allowed"))
    }

    @Test func editsAndCandidateExcludeEachOther() {
        let both = RawMessage().varint(1, 2).message(2, edit(2, Self.path, nil)).varint(3, 4)
        #expect(refusal(both) == "INVALID_ARGUMENT: CommitRequest.candidate: is given together with edits")
    }

    @Test func confirmTimeoutIsBounded() {
        for milliseconds: UInt64 in [0, 604_800_001] {
            #expect(
                refusal(RawMessage().varint(1, 2).varint(5, milliseconds))
                    == "INVALID_ARGUMENT: CommitRequest.confirm_timeout_ms: is not within 1 ms and 7 days")
        }
    }

    // MARK: - Sizes

    @Test func oversizedFramesAreRefusedBothWays() {
        let large = [UInt8](repeating: 0, count: Limits.messageByteCount + 1)
        #expect(
            failure { () throws(NorthboundError) in try MessageCodec.decodeRequest(header(), body: large) }
                == NorthboundError(
                    .invalidArgument, "CommitRequest: has 8388609 bytes, at most 8388608 are allowed"))
        #expect(
            failure { () throws(NorthboundError) in
                try MessageCodec.decodeRequestHeader([UInt8](repeating: 0, count: 4097))
            } == NorthboundError(.invalidArgument, "RequestHeader: has 4097 bytes, at most 4096 are allowed"))
        let edits = [NetworkEdit](
            repeating: .remove(IPPrefix(host: IPAddress(family: .ipv4, bits: 1))), count: Limits.editCount + 1)
        let message = "EditCandidateRequest.edits: has 20001 elements, at most 20000 are allowed"
        #expect(
            failure { () throws(NorthboundError) in
                try MessageCodec.encode(.editCandidate(1, edits: edits), requestID: "r", client: "c")
            } == NorthboundError(.invalidArgument, message))
        #expect(
            failure { () throws(NorthboundError) in
                try MessageCodec.encode(.lockConfig, requestID: "r", client: String(repeating: "c", count: 129))
            } == NorthboundError(.invalidArgument, "RequestHeader.client: has 129 bytes, at most 128 are allowed"))
    }

    @Test func absurdCountsAreRefusedBeforeTheyAreUnpacked() {
        // Two bytes an edit: four million of them fit into a message.
        var bytes = RawMessage().varint(1, 2).bytes
        for _ in 0..<4_000_000 { bytes += [0x12, 0x00] }
        let error = failure { () throws(NorthboundError) in try MessageCodec.decodeRequest(header(), body: bytes) }
        #expect(error?.message == "CommitRequest.edits: has more than 40000 elements")
    }

    @Test func theLargestTransactionsFit() throws {
        let name = AttributeClass(rawValue: "a" + String(repeating: "b", count: 31))!
        let edits = (0..<Limits.editCount).map { index in
            let bits = UInt128.max << 32 | UInt128(index)
            return NetworkEdit.set(
                Network(prefix: IPPrefix(host: IPAddress(family: .ipv6, bits: bits)), attributeClass: name))
        }
        let request = NorthboundRequest.editCandidate(1, edits: edits)
        let frames = try MessageCodec.encode(request, requestID: "r", client: "c")
        #expect(try MessageCodec.decodeRequest(header(.editCandidate), body: frames.body) == request)

        var record = try ProtocolRoundTripTests.record()
        record.cause = [String](
            repeating: String(repeating: "w", count: Limits.causeByteCount), count: Limits.causeCount)
        record.edits = (0..<Limits.recordEditCount).map { index in
            let bits = UInt128.max << 32 | UInt128(index)
            return RecordedEdit(
                prefix: IPPrefix(host: IPAddress(family: .ipv6, bits: bits)), before: name, after: name)
        }
        record.error = String(repeating: "é", count: 5000)
        let entry = try MessageCodec.decodeLogEntry(try MessageCodec.encodeLogEntry(record))
        #expect(entry.error?.utf8.count == Limits.errorByteCount - 1)
        record.error = entry.error
        #expect(entry == record)
    }

    @Test func aReplyCanAlwaysBeSent() throws {
        let text = "a" + String(repeating: "日", count: 5000) + "\0"
        let frames = MessageCodec.encode(failure: NorthboundError(.aborted, text), requestID: text)
        #expect(frames.header.count <= Limits.headerByteCount)
        let header = try MessageCodec.decodeReplyHeader(frames.header)
        #expect(header.status == .aborted)
        #expect(header.message.hasSuffix("日…"))
    }

    // MARK: - Pages and parts

    @Test func recordsThatDoNotFitGoToTheNextPage() throws {
        var records: [TransactionRecord] = []
        for sequence in 1...40 {
            var record = try ProtocolRoundTripTests.record()
            record.sequence = Int64(sequence)
            record.cause = [String](repeating: String(repeating: "w", count: 1000), count: 200)
            records.append(record)
        }
        var seen: [TransactionRecord] = []
        var next: Int64? = 0
        while let after = next {
            let rest = NorthboundReply.transactions(records.filter { $0.sequence > after }, next: nil)
            let frames = try MessageCodec.encode(rest, requestID: "r")
            #expect(frames[0].body.count <= Limits.pageByteCount)
            let reply = try MessageCodec.decodeReply(
                ReplyHeader(requestID: "r"), to: .listTransactions, body: frames[0].body)
            guard case .transactions(let page, let place) = reply else { return }
            #expect(!page.isEmpty)
            seen += page
            next = place
        }
        #expect(seen == records)
    }

    @Test func valuesOfALargeGetComeInParts() throws {
        let networks = Set(
            (0..<50_000).map { Network(prefix: IPPrefix(host: IPAddress(family: .ipv4, bits: UInt128($0)))) })
        let frames = try MessageCodec.encode(MessageCodec.values(networks, generation: 3), requestID: "r")
        let headers = try frames.map { try MessageCodec.decodeReplyHeader($0.header) }
        #expect(headers.dropLast().allSatisfy(\.hasMore) && headers.last?.hasMore == false)
        #expect(frames.count > 3 && frames.allSatisfy { $0.body.count <= Limits.pageByteCount })
        var values: [PathValue] = []
        for (header, frame) in zip(headers, frames) {
            guard case .values(let part, 3) = try MessageCodec.decodeReply(header, to: .get, body: frame.body) else {
                Issue.record("a part is no values")
                return
            }
            values += part
        }
        #expect(try MessageCodec.networks(values) == networks)
    }

    // MARK: - Versions

    @Test func anotherMajorVersionIsRefusedNamingBoth() throws {
        var header = header()
        header.version = APIVersion(major: 2, minor: 3)
        let read = try MessageCodec.decodeRequestHeader(try MessageCodec.encode(header))
        let error = failure { () throws(NorthboundError) in try MessageCodec.decodeRequest(read, body: []) }
        #expect(
            error?.description
                == "FAILED_PRECONDITION: the client speaks version 2.3 of the northbound API, this side version 1.0")
        var reply = ReplyHeader(requestID: "r")
        reply.version = APIVersion(major: 2, minor: 0)
        let answer = try MessageCodec.decodeReplyHeader(MessageCodec.encode(reply))
        #expect(failure { () throws(NorthboundError) in try answer.check() }?.code == .failedPrecondition)
        var later = header
        later.version = APIVersion(major: 1, minor: 9)
        #expect(try later.checkedMethod() == .commit)
    }

    @Test func unknownMethodsAndServicesAreUnimplemented() throws {
        var header = header()
        header.method = "Reboot"
        var read = try MessageCodec.decodeRequestHeader(try MessageCodec.encode(header))
        #expect(failure { () throws(NorthboundError) in try read.checkedMethod() }?.code == .unimplemented)
        read.method = "Commit"
        read.service = "gnmi.gNMI"
        #expect(failure { () throws(NorthboundError) in try read.checkedMethod() }?.code == .unimplemented)
    }

    @Test func aStatusThatGRPCLacksIsUnknown() throws {
        let header = try MessageCodec.decodeReplyHeader(
            RawMessage().varint(1, 1).text(3, "r").varint(4, 99).text(5, "later").bytes)
        #expect(header.status == .unknown)
        #expect(header.message == "status 99: later")
    }

    @Test func requestIDAndClientAreThoseOfTheCommit() {
        let commit = CommitRequest(requestID: "a", client: "c", edits: [])
        let error = failure { () throws(NorthboundError) in
            try MessageCodec.encode(.commit(commit, expectedGeneration: nil), requestID: "b", client: "c")
        }
        #expect(error?.message == "RequestHeader.request_id: is not a, as the CommitRequest says")
    }

    @Test func topicAndOutcomeAgree() throws {
        var frames = try MessageCodec.encodeLogEntry(try ProtocolRoundTripTests.record())
        frames.header = Array("commit.rejected".utf8)
        let error = failure { () throws(NorthboundError) in try MessageCodec.decodeLogEntry(frames) }
        #expect(error?.message == "CommitLogEntry: its topic is not commit.applied")
    }
}
