internal import Bindings
internal import NetworkTypes
internal import Northbound

extension MessageCodec {
    static func wire(
        _ capabilities: ServiceCapabilities
    ) throws(NorthboundError) -> NorthboundWire.Capabilities {
        var message = NorthboundWire.Capabilities()
        let version = capabilities.apiVersion.split(separator: ".", omittingEmptySubsequences: false)
        guard version.count == 2, let major = UInt32(version[0]), let minor = UInt32(version[1]) else {
            throw invalid("Capabilities.api_version", "\(capabilities.apiVersion) is not <major>.<minor>")
        }
        message.apiMajor = major
        message.apiMinor = minor
        message.programVersion = try text(capabilities.programVersion, "Capabilities.program_version")
        if let management = capabilities.management {
            message.management = try wire(management, "Capabilities.management")
        }
        try count(capabilities.modules.count, "Capabilities.modules", maximum: Limits.moduleCount)
        for (index, text) in capabilities.modules.enumerated() {
            let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
            var module = NorthboundWire.Module()
            module.name = try name(String(parts[0]), "Capabilities.modules[\(index)].name")
            if parts.count == 2 {
                module.revision = try self.text(String(parts[1]), "Capabilities.modules[\(index)].revision")
            }
            message.modules.append(module)
        }
        message.policy = try wire(capabilities.policy)
        message.limits = try wire(capabilities.limits)
        try count(capabilities.instances.count, "Capabilities.instances", maximum: Limits.instanceCount)
        for (index, instance) in capabilities.instances.enumerated() {
            message.instances.append(try wire(instance, "Capabilities.instances[\(index)]"))
        }
        message.generation = capabilities.generation
        return message
    }

    private static func wire(_ limits: ServiceLimits) throws(NorthboundError) -> NorthboundWire.Limits {
        var message = NorthboundWire.Limits()
        message.maximumMessageBytes = try number(
            limits.maximumMessageByteCount, "Capabilities.limits.maximum_message_bytes")
        message.maximumQueuedCommits = try optionalNumber(
            limits.maximumQueuedCommits, "Capabilities.limits.maximum_queued_commits")
        message.maximumCandidates = try optionalNumber(
            limits.maximumCandidates, "Capabilities.limits.maximum_candidates")
        message.maximumEdits = try optionalNumber(limits.maximumEdits, "Capabilities.limits.maximum_edits")
        message.maximumCandidatesPerClient = try optionalNumber(
            limits.maximumCandidatesPerClient, "Capabilities.limits.maximum_candidates_per_client")
        message.candidateTimeoutSeconds = try optionalNumber(
            limits.candidateTimeout.map { Int($0.components.seconds) },
            "Capabilities.limits.candidate_timeout_seconds")
        return message
    }

    private static func wire(_ policy: NorthboundPolicy) throws(NorthboundError) -> NorthboundWire.Policy {
        var message = NorthboundWire.Policy()
        message.allowedPrefixes = policy.allowedPrefixes.map(\.description)
        message.allowedClasses = policy.allowedClasses.sorted().map(\.rawValue)
        message.maximumNetworks = try number(policy.maximumNetworks, "Capabilities.policy.maximum_networks")
        message.maximumEdits = try number(
            min(policy.maximumEdits, Limits.editCount), "Capabilities.policy.maximum_edits")
        message.table = policy.table
        message.firstTag = policy.ownedTags?.lowerBound
        message.lastTag = policy.ownedTags?.upperBound
        message.classTags = (policy.classTags ?? [:]).sorted { $0.key < $1.key }.map { name, tag in
            var entry = NorthboundWire.ClassTag()
            entry.name = name.rawValue
            entry.tag = tag
            return entry
        }
        message.allowedDatastores = policy.allowedDatastores.map(\.wireNumber).sorted()
        try checkCounts(message)
        return message
    }

    static func capabilities(
        _ message: NorthboundWire.Capabilities
    ) throws(NorthboundError) -> ServiceCapabilities {
        let version = APIVersion(
            major: try required(message.apiMajor, "Capabilities.api_major"), minor: message.apiMinor ?? 0)
        var management: ManagementCapabilities?
        if let wire = message.management { management = try self.management(wire, "Capabilities.management") }
        try count(message.modules.count, "Capabilities.modules", maximum: Limits.moduleCount)
        var modules: [String] = []
        for (index, module) in message.modules.enumerated() {
            let name = try name(module.name, "Capabilities.modules[\(index)].name")
            let revision = try optionalText(module.revision, "Capabilities.modules[\(index)].revision")
            modules.append(revision.map { "\(name)@\($0)" } ?? name)
        }
        try count(message.instances.count, "Capabilities.instances", maximum: Limits.instanceCount)
        var instances: [BGPInstance] = []
        for (index, instance) in message.instances.enumerated() {
            instances.append(try self.instance(instance, "Capabilities.instances[\(index)]"))
        }
        return ServiceCapabilities(
            apiVersion: version.description,
            programVersion: try text(message.programVersion ?? "", "Capabilities.program_version"),
            management: management, modules: modules,
            policy: try policy(try required(message.policy, "Capabilities.policy")),
            limits: try limits(try required(message.limits, "Capabilities.limits")), instances: instances,
            generation: message.generation)
    }

    private static func limits(_ message: NorthboundWire.Limits) throws(NorthboundError) -> ServiceLimits {
        ServiceLimits(
            maximumMessageByteCount: Int(
                try required(message.maximumMessageBytes, "Capabilities.limits.maximum_message_bytes")),
            maximumQueuedCommits: message.maximumQueuedCommits.map { Int($0) },
            maximumCandidates: message.maximumCandidates.map { Int($0) },
            maximumCandidatesPerClient: message.maximumCandidatesPerClient.map { Int($0) },
            candidateTimeout: message.candidateTimeoutSeconds.map { .seconds($0) },
            maximumEdits: message.maximumEdits.map { Int($0) })
    }

    private static func policy(_ message: NorthboundWire.Policy) throws(NorthboundError) -> NorthboundPolicy {
        try checkCounts(message)
        var policy = NorthboundPolicy()
        for (index, text) in message.allowedPrefixes.enumerated() {
            policy.allowedPrefixes.append(try prefix(text, "Capabilities.policy.allowed_prefixes[\(index)]"))
        }
        for (index, text) in message.allowedClasses.enumerated() {
            policy.allowedClasses.insert(try attributeClass(text, "Capabilities.policy.allowed_classes[\(index)]"))
        }
        policy.maximumNetworks = Int(
            try required(message.maximumNetworks, "Capabilities.policy.maximum_networks"))
        // A message holds no more, whatever a later service may take.
        policy.maximumEdits = min(
            Int(try required(message.maximumEdits, "Capabilities.policy.maximum_edits")), Limits.editCount)
        policy.table = message.table
        if let first = message.firstTag {
            let last = try required(message.lastTag, "Capabilities.policy.last_tag")
            guard first <= last else { throw invalid("Capabilities.policy.last_tag", "is below first_tag") }
            policy.ownedTags = first...last
        }
        try readTags(message, into: &policy)
        for (index, number) in message.allowedDatastores.enumerated() {
            let field = "Capabilities.policy.allowed_datastores[\(index)]"
            guard policy.allowedDatastores.insert(try choice(number, field)).inserted else {
                throw invalid(field, "is there twice")
            }
        }
        return policy
    }

    private static func readTags(
        _ message: NorthboundWire.Policy, into policy: inout NorthboundPolicy
    ) throws(NorthboundError) {
        guard !message.classTags.isEmpty else { return }
        var tags: [AttributeClass: UInt32] = [:]
        for (index, entry) in message.classTags.enumerated() {
            let field = "Capabilities.policy.class_tags[\(index)]"
            let name = try attributeClass(try required(entry.name, "\(field).name"), "\(field).name")
            guard tags.updateValue(try required(entry.tag, "\(field).tag"), forKey: name) == nil else {
                throw invalid("\(field).name", "is there twice")
            }
        }
        policy.classTags = tags
    }

    private static func checkCounts(_ message: NorthboundWire.Policy) throws(NorthboundError) {
        try count(
            message.allowedPrefixes.count, "Capabilities.policy.allowed_prefixes", maximum: Limits.policyEntryCount)
        try count(
            message.allowedClasses.count, "Capabilities.policy.allowed_classes", maximum: Limits.policyEntryCount)
        try count(message.classTags.count, "Capabilities.policy.class_tags", maximum: Limits.policyEntryCount)
        try count(
            message.allowedDatastores.count, "Capabilities.policy.allowed_datastores",
            maximum: Datastore.allCases.count)
    }

    private static func number(_ value: Int, _ field: String) throws(NorthboundError) -> UInt32 {
        guard let number = UInt32(exactly: value) else {
            throw invalid(field, "is \(value), not within 0 and \(UInt32.max)")
        }
        return number
    }

    private static func optionalNumber(_ value: Int?, _ field: String) throws(NorthboundError) -> UInt32? {
        guard let value else { return nil }
        return try number(value, field)
    }
}
