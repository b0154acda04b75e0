internal import Announcements
internal import Logging
internal import Observability

/// Says in the log what the planner decided about a VIP, once for each change of mind: why it is not announced here, and
/// what is odd about it. What is announced shows in the commits, so it is logged at level debug only.
struct DecisionLog {
    private struct Key: Hashable {
        var service: ServiceID
        var text: String
    }

    private struct Verdict: Equatable {
        var reason: ReasonCode
        var warnings: [PlanWarning]
    }

    private var known: [Key: Verdict] = [:]

    mutating func update(_ plan: AnnouncementPlan, logger: Logger) {
        var current: [Key: Verdict] = [:]
        current.reserveCapacity(plan.decisions.count)
        for decision in plan.decisions {
            let key = Key(service: decision.service, text: decision.text)
            let verdict = Verdict(reason: decision.reason, warnings: decision.warnings)
            current[key] = verdict
            if known[key] != verdict { log(decision, before: known[key], logger) }
        }
        known = current
    }

    private func log(_ decision: Decision, before: Verdict?, _ logger: Logger) {
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
}
