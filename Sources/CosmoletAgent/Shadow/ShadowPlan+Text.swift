extension ShadowPlan {
    /// The plan for people, as a diff: `+` announced, `-` withdrawn, `~` another class.
    ///
    /// - Parameter isComplete: also what stays (` `), what is announced by hand (`!`) and why VIPs are not announced (`.`).
    public func text(isComplete: Bool) -> String {
        let shown = lines.filter { isComplete || ($0.change != .same && $0.change != .byHand) }
        let width = max(shown.map(\.prefix.count).max() ?? 0, notAnnounced.map(\.address.count).max() ?? 0)
        var rows = shown.map { $0.text(width) }
        if isComplete {
            rows += notAnnounced.map { reason in
                ". \(padded(reason.address.isEmpty ? "-" : reason.address, width))  "
                    + "\(reason.service): \(reason.reason), \(reason.explanation)"
            }
        }
        rows += unreadable.map { "? \($0)" }
        return (rows + [summary(isComplete: isComplete)]).joined(separator: "\n") + "\n"
    }

    private func summary(isComplete: Bool) -> String {
        let count = { change in lines.count { $0.change == change } }
        var text =
            "node \(node), compared with \(comparedWith ?? "nothing"): \(count(.add)) to announce, "
            + "\(count(.remove)) to withdraw, \(count(.change)) to change, \(count(.same)) the same, "
            + "\(count(.byHand)) by hand; \(notAnnounced.count) entries not announced here"
        if !isComplete, !notAnnounced.isEmpty { text += " (--all says why)" }
        if heldByFuse > 0 { text += "; the fuse would hold \(heldByFuse) withdrawals for a while" }
        return text
    }
}

extension ShadowPlan.Line {
    fileprivate func text(_ width: Int) -> String {
        let sign =
            switch change {
            case .add: "+"
            case .remove: "-"
            case .change: "~"
            case .same: " "
            case .byHand: "!"
            }
        let name = from.map { "\($0) -> \(attributeClass)" } ?? attributeClass
        let why = reasons.map { "\($0.service): \($0.reason)" }.joined(separator: "; ")
        let reason = why.isEmpty ? "no Service has this address with a kind that is on" : why
        return "\(sign) \(padded(prefix, width))  \(name)  \(reason)"
    }
}

private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}
