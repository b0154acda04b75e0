internal import Announcements
internal import Logging
internal import NetworkTypes
internal import Observability

/// Says in the log what the planner decided about a VIP, once for each change of mind: why it is not announced here, and
/// what is odd about it or the node. What is announced shows in the commits, so it is logged at level debug only. Also
/// says when the fuse begins and ends to hold withdrawals.
struct DecisionLog {
    private var nodeWarnings: [PlanWarning] = []
    private var heldByFuse: [IPAddress] = []

    /// - Parameter changes: what differs from the plan before.
    mutating func update(_ plan: AnnouncementPlan, _ changes: [PlanChange], fuse: WithdrawalFuse?, logger: Logger) {
        for change in changes {
            for decision in change.after {
                log(decision, before: change.before.last { $0.text == decision.text }, logger)
            }
        }
        for warning in plan.nodeWarnings where !nodeWarnings.contains(warning) {
            logger.warning("\(warning.explanation)")
        }
        nodeWarnings = plan.nodeWarnings
        logFuse(plan, fuse, logger)
        heldByFuse = plan.heldByFuse
    }

    private func log(_ decision: Decision, before: Decision?, _ logger: Logger) {
        let metadata: Logger.Metadata = [
            LogKeys.service: "\(decision.service)", LogKeys.address: "\(decision.text)",
            LogKeys.reason: "\(decision.reason.rawValue)",
        ]
        if before?.reason != decision.reason {
            if decision.reason.announces {
                logger.debug("VIP is announced here", metadata: metadata)
            } else {
                logger.info(
                    "VIP is not announced here: \(decision.reason.explanation)", metadata: metadata)
            }
        }
        for warning in decision.warnings where before?.warnings.contains(warning) != true {
            logger.warning("\(warning.explanation)", metadata: metadata)
        }
    }

    private func logFuse(_ plan: AnnouncementPlan, _ fuse: WithdrawalFuse?, _ logger: Logger) {
        if heldByFuse.isEmpty, !plan.heldByFuse.isEmpty {
            logger.error(
                "the fuse holds withdrawals back",
                metadata: [
                    LogKeys.count: "\(plan.heldByFuse.count)", LogKeys.delay: "\(fuse?.hold ?? .zero)",
                    LogKeys.hint: "if they are meant, give the Node a new value of \(AnnotationKey.releaseFuse)",
                ])
        } else if !heldByFuse.isEmpty, plan.heldByFuse.isEmpty {
            let gone = heldByFuse.count { plan.announcements[$0] == nil }
            logger.notice(
                gone == 0
                    ? "the fuse holds nothing back any more, all is wanted again" : "the fuse lets withdrawals through",
                metadata: [LogKeys.count: "\(gone)"])
        }
    }
}
