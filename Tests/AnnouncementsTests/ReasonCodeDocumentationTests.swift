import Announcements
import Foundation
import Testing

/// docs/announcement-rules.md and the code agree.
@Suite struct ReasonCodeDocumentationTests {
    private func document() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/announcement-rules.md"), encoding: .utf8)
    }

    /// The codes in the first column of tables whose first column is called `head`.
    private func codes(head: String) throws -> [String] {
        var result: [String] = []
        var isInside = false
        for line in try document().split(separator: "\n", omittingEmptySubsequences: false) {
            let first = line.split(separator: "|").first?.trimmingCharacters(in: .whitespaces) ?? ""
            if !line.hasPrefix("|") { isInside = false } else if first == head { isInside = true }
            guard isInside, first.hasPrefix("`"), first.hasSuffix("`") else { continue }
            result.append(String(first.dropFirst().dropLast()))
        }
        return result
    }

    @Test func everyReasonCodeIsDocumentedOnceAndNoOther() throws {
        let codes = try codes(head: "Code")
        #expect(codes.sorted() == ReasonCode.allCases.map(\.rawValue).sorted())
    }

    /// The stage of a code is the section that it is described in.
    @Test func stagesAreTheSectionsOfTheDocument() throws {
        let sections: [String: RuleStage] = [
            "The Service": .service, "The address": .address, "The node": .node, "The endpoints": .endpoints,
            "Drain": .drain, "Change": .change,
        ]
        var stage: RuleStage?
        var found = 0
        for line in try document().split(separator: "\n") {
            if line.hasPrefix("## ") { stage = sections[String(line.dropFirst(3))] }
            guard line.hasPrefix("| `"), let name = line.split(separator: "`").dropFirst().first,
                let code = ReasonCode(rawValue: String(name))
            else { continue }
            #expect(code.stage == stage, "\(code)")
            found += 1
        }
        #expect(found == ReasonCode.allCases.count)
    }

    @Test func warningsAndFreezeReasonsAreDocumented() throws {
        #expect(try codes(head: "Warning").sorted() == PlanWarning.codes.sorted())
        #expect(try codes(head: "Freeze").sorted() == FreezeReason.codes.sorted())
    }

    @Test func standingsAreDocumented() throws {
        #expect(try codes(head: "Standing") == EndpointStanding.allCases.map(\.rawValue))
    }

    @Test func annotationsAreDocumented() throws {
        let text = try document()
        for key in [
            AnnotationKey.announce, AnnotationKey.attributeClass, AnnotationKey.kinds, AnnotationKey.zeroEndpoints,
            AnnotationKey.drain, AnnotationKey.drainReason, AnnotationKey.releaseFuse,
        ] {
            #expect(text.contains("`\(key)`"), "\(key)")
        }
    }
}
