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

    @Test func warningsAndFreezeReasonsAreDocumented() throws {
        #expect(try codes(head: "Warning").sorted() == PlanWarning.codes.sorted())
        #expect(try codes(head: "Freeze").sorted() == FreezeReason.codes.sorted())
    }

    @Test func annotationsAreDocumented() throws {
        let text = try document()
        for key in [
            AnnotationKey.announce, AnnotationKey.attributeClass, AnnotationKey.kinds, AnnotationKey.zeroEndpoints,
            AnnotationKey.drain,
        ] {
            #expect(text.contains("`\(key)`"), "\(key)")
        }
    }
}
