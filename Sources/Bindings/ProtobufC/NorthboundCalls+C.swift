internal import CMessages
internal import CProtobufC

extension NorthboundWire.PathValue: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__path_value__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__PathValue.self).pointee
        path = unsafe CCopy.text(message.path)
        value = unsafe CCopy.text(message.value)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__PathValue.self)
        unsafe message.pointee.path = unsafe arena.string(path)
        unsafe message.pointee.value = unsafe arena.string(value)
    }
}

extension NorthboundWire.Edit: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__edit__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Edit.self).pointee
        operation = unsafe CCopy.number(message.has_operation, message.operation)
        pathValue = unsafe CCopy.message(message.path_value)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Edit.self)
        unsafe CFill.number(operation, &message.pointee.has_operation, &message.pointee.operation)
        unsafe message.pointee.path_value = unsafe arena.optional(pathValue)
    }
}

extension NorthboundWire.ManagementCapabilities: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__management_capabilities__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__ManagementCapabilities.self)
            .pointee
        provider = unsafe CCopy.text(message.provider)
        dialect = unsafe CCopy.text(message.dialect)
        schema = unsafe CCopy.text(message.schema)
        releases = unsafe CCopy.text(message.releases)
        canReadState = unsafe CCopy.flag(message.has_can_read_state, message.can_read_state)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__ManagementCapabilities.self)
        unsafe message.pointee.provider = unsafe arena.string(provider)
        unsafe message.pointee.dialect = unsafe arena.string(dialect)
        unsafe message.pointee.schema = unsafe arena.string(schema)
        unsafe message.pointee.releases = unsafe arena.string(releases)
        unsafe CFill.flag(canReadState, &message.pointee.has_can_read_state, &message.pointee.can_read_state)
    }
}

extension NorthboundWire.Module: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__module__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Module.self).pointee
        name = unsafe CCopy.text(message.name)
        revision = unsafe CCopy.text(message.revision)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Module.self)
        unsafe message.pointee.name = unsafe arena.string(name)
        unsafe message.pointee.revision = unsafe arena.string(revision)
    }
}

extension NorthboundWire.ClassTag: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__class_tag__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__ClassTag.self).pointee
        name = unsafe CCopy.text(message.name)
        tag = unsafe CCopy.scalar(message.has_tag, message.tag)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__ClassTag.self)
        unsafe message.pointee.name = unsafe arena.string(name)
        unsafe CFill.scalar(tag, &message.pointee.has_tag, &message.pointee.tag)
    }
}

extension NorthboundWire.Policy: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__policy__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Policy.self).pointee
        allowedPrefixes = unsafe CCopy.texts(message.n_allowed_prefixes, message.allowed_prefixes)
        allowedClasses = unsafe CCopy.texts(message.n_allowed_classes, message.allowed_classes)
        maximumNetworks = unsafe CCopy.scalar(message.has_maximum_networks, message.maximum_networks)
        maximumEdits = unsafe CCopy.scalar(message.has_maximum_edits, message.maximum_edits)
        table = unsafe CCopy.scalar(message.has_table, message.table)
        firstTag = unsafe CCopy.scalar(message.has_first_tag, message.first_tag)
        lastTag = unsafe CCopy.scalar(message.has_last_tag, message.last_tag)
        classTags = unsafe CCopy.messages(message.n_class_tags, message.class_tags)
        allowedDatastores = unsafe CCopy.numbers(message.n_allowed_datastores, message.allowed_datastores)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Policy.self)
        unsafe message.pointee.n_allowed_prefixes = allowedPrefixes.count
        unsafe message.pointee.allowed_prefixes = unsafe arena.strings(allowedPrefixes)
        unsafe message.pointee.n_allowed_classes = allowedClasses.count
        unsafe message.pointee.allowed_classes = unsafe arena.strings(allowedClasses)
        unsafe CFill.scalar(maximumNetworks, &message.pointee.has_maximum_networks, &message.pointee.maximum_networks)
        unsafe CFill.scalar(maximumEdits, &message.pointee.has_maximum_edits, &message.pointee.maximum_edits)
        unsafe CFill.scalar(table, &message.pointee.has_table, &message.pointee.table)
        unsafe CFill.scalar(firstTag, &message.pointee.has_first_tag, &message.pointee.first_tag)
        unsafe CFill.scalar(lastTag, &message.pointee.has_last_tag, &message.pointee.last_tag)
        unsafe message.pointee.n_class_tags = classTags.count
        unsafe message.pointee.class_tags = unsafe arena.messages(classTags)
        unsafe message.pointee.n_allowed_datastores = allowedDatastores.count
        unsafe message.pointee.allowed_datastores = unsafe arena.numbers(allowedDatastores)
    }
}

extension NorthboundWire.Limits: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__limits__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Limits.self).pointee
        maximumMessageBytes = unsafe CCopy.scalar(message.has_maximum_message_bytes, message.maximum_message_bytes)
        maximumQueuedCommits = unsafe CCopy.scalar(message.has_maximum_queued_commits, message.maximum_queued_commits)
        maximumCandidates = unsafe CCopy.scalar(message.has_maximum_candidates, message.maximum_candidates)
        maximumEdits = unsafe CCopy.scalar(message.has_maximum_edits, message.maximum_edits)
        maximumCandidatesPerClient = unsafe CCopy.scalar(
            message.has_maximum_candidates_per_client, message.maximum_candidates_per_client)
        candidateTimeoutSeconds = unsafe CCopy.scalar(
            message.has_candidate_timeout_seconds, message.candidate_timeout_seconds)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Limits.self)
        unsafe CFill.scalar(
            maximumMessageBytes, &message.pointee.has_maximum_message_bytes, &message.pointee.maximum_message_bytes)
        unsafe CFill.scalar(
            maximumQueuedCommits, &message.pointee.has_maximum_queued_commits, &message.pointee.maximum_queued_commits)
        unsafe CFill.scalar(
            maximumCandidates, &message.pointee.has_maximum_candidates, &message.pointee.maximum_candidates)
        unsafe CFill.scalar(maximumEdits, &message.pointee.has_maximum_edits, &message.pointee.maximum_edits)
        unsafe CFill.scalar(
            maximumCandidatesPerClient, &message.pointee.has_maximum_candidates_per_client,
            &message.pointee.maximum_candidates_per_client)
        unsafe CFill.scalar(
            candidateTimeoutSeconds, &message.pointee.has_candidate_timeout_seconds,
            &message.pointee.candidate_timeout_seconds)
    }
}

extension NorthboundWire.Capabilities: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__capabilities__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Capabilities.self).pointee
        apiMajor = unsafe CCopy.scalar(message.has_api_major, message.api_major)
        apiMinor = unsafe CCopy.scalar(message.has_api_minor, message.api_minor)
        programVersion = unsafe CCopy.text(message.program_version)
        management = unsafe CCopy.message(message.management)
        modules = unsafe CCopy.messages(message.n_modules, message.modules)
        policy = unsafe CCopy.message(message.policy)
        limits = unsafe CCopy.message(message.limits)
        instances = unsafe CCopy.messages(message.n_instances, message.instances)
        generation = unsafe CCopy.scalar(message.has_generation, message.generation)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Capabilities.self)
        unsafe CFill.scalar(apiMajor, &message.pointee.has_api_major, &message.pointee.api_major)
        unsafe CFill.scalar(apiMinor, &message.pointee.has_api_minor, &message.pointee.api_minor)
        unsafe message.pointee.program_version = unsafe arena.string(programVersion)
        unsafe message.pointee.management = unsafe arena.optional(management)
        unsafe message.pointee.n_modules = modules.count
        unsafe message.pointee.modules = unsafe arena.messages(modules)
        unsafe message.pointee.policy = unsafe arena.optional(policy)
        unsafe message.pointee.limits = unsafe arena.optional(limits)
        unsafe message.pointee.n_instances = instances.count
        unsafe message.pointee.instances = unsafe arena.messages(instances)
        unsafe CFill.scalar(generation, &message.pointee.has_generation, &message.pointee.generation)
    }
}

extension NorthboundWire.BGPInstance: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__bgpinstance__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__BGPInstance.self).pointee
        vrf = unsafe CCopy.text(message.vrf)
        asNumber = unsafe CCopy.scalar(message.has_as_number, message.as_number)
        importCheck = unsafe CCopy.flag(message.has_import_check, message.import_check)
        redistributions = unsafe CCopy.messages(message.n_redistributions, message.redistributions)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__BGPInstance.self)
        unsafe message.pointee.vrf = unsafe arena.string(vrf)
        unsafe CFill.scalar(asNumber, &message.pointee.has_as_number, &message.pointee.as_number)
        unsafe CFill.flag(importCheck, &message.pointee.has_import_check, &message.pointee.import_check)
        unsafe message.pointee.n_redistributions = redistributions.count
        unsafe message.pointee.redistributions = unsafe arena.messages(redistributions)
    }
}

extension NorthboundWire.Redistribution: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__redistribution__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Redistribution.self).pointee
        family = unsafe CCopy.scalar(message.has_family, message.family)
        table = unsafe CCopy.scalar(message.has_table, message.table)
        routeMap = unsafe CCopy.text(message.route_map)
        routeMapExists = unsafe CCopy.flag(message.has_route_map_exists, message.route_map_exists)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__Redistribution.self)
        unsafe CFill.scalar(family, &message.pointee.has_family, &message.pointee.family)
        unsafe CFill.scalar(table, &message.pointee.has_table, &message.pointee.table)
        unsafe message.pointee.route_map = unsafe arena.string(routeMap)
        unsafe CFill.flag(
            routeMapExists, &message.pointee.has_route_map_exists, &message.pointee.route_map_exists)
    }
}

extension NorthboundWire.GetRequest: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__get_request__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__GetRequest.self).pointee
        dataset = unsafe CCopy.number(message.has_dataset, message.dataset)
        paths = unsafe CCopy.texts(message.n_paths, message.paths)
        afterTransaction = unsafe CCopy.text(message.after_transaction)
        afterSequence = unsafe CCopy.scalar(message.has_after_sequence, message.after_sequence)
        datastore = unsafe CCopy.number(message.has_datastore, message.datastore)
        redistributed = unsafe CCopy.flag(message.has_redistributed, message.redistributed)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__GetRequest.self)
        unsafe CFill.flag(redistributed, &message.pointee.has_redistributed, &message.pointee.redistributed)
        unsafe CFill.number(dataset, &message.pointee.has_dataset, &message.pointee.dataset)
        unsafe message.pointee.n_paths = paths.count
        unsafe message.pointee.paths = unsafe arena.strings(paths)
        unsafe message.pointee.after_transaction = unsafe arena.string(afterTransaction)
        unsafe CFill.scalar(afterSequence, &message.pointee.has_after_sequence, &message.pointee.after_sequence)
        unsafe CFill.number(datastore, &message.pointee.has_datastore, &message.pointee.datastore)
    }
}

extension NorthboundWire.GetReply: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__get_reply__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__GetReply.self).pointee
        values = unsafe CCopy.messages(message.n_values, message.values)
        generation = unsafe CCopy.scalar(message.has_generation, message.generation)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__GetReply.self)
        unsafe message.pointee.n_values = values.count
        unsafe message.pointee.values = unsafe arena.messages(values)
        unsafe CFill.scalar(generation, &message.pointee.has_generation, &message.pointee.generation)
    }
}

extension NorthboundWire.CandidateReference: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__candidate_reference__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__CandidateReference.self).pointee
        candidate = unsafe CCopy.scalar(message.has_candidate, message.candidate)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__CandidateReference.self)
        unsafe CFill.scalar(candidate, &message.pointee.has_candidate, &message.pointee.candidate)
    }
}

extension NorthboundWire.EditCandidateRequest: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__edit_candidate_request__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__EditCandidateRequest.self)
            .pointee
        candidate = unsafe CCopy.scalar(message.has_candidate, message.candidate)
        edits = unsafe CCopy.messages(message.n_edits, message.edits)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__EditCandidateRequest.self)
        unsafe CFill.scalar(candidate, &message.pointee.has_candidate, &message.pointee.candidate)
        unsafe message.pointee.n_edits = edits.count
        unsafe message.pointee.edits = unsafe arena.messages(edits)
    }
}

extension NorthboundWire.CommitRequest: CRepresented {
    static func empty(in arena: CArena) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(arena.make(cosmolet__northbound__v1__commit_request__init))
    }

    init(copying pointer: UnsafeRawPointer) {
        self.init()
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__CommitRequest.self).pointee
        phase = unsafe CCopy.number(message.has_phase, message.phase)
        edits = unsafe CCopy.messages(message.n_edits, message.edits)
        candidate = unsafe CCopy.scalar(message.has_candidate, message.candidate)
        cause = unsafe CCopy.texts(message.n_cause, message.cause)
        confirmTimeoutMilliseconds = unsafe CCopy.scalar(message.has_confirm_timeout_ms, message.confirm_timeout_ms)
        expectedGeneration = unsafe CCopy.scalar(message.has_expected_generation, message.expected_generation)
        datastore = unsafe CCopy.number(message.has_datastore, message.datastore)
    }

    func fill(_ pointer: UnsafeMutableRawPointer, in arena: CArena) {
        let message = unsafe pointer.assumingMemoryBound(to: Cosmolet__Northbound__V1__CommitRequest.self)
        unsafe CFill.number(phase, &message.pointee.has_phase, &message.pointee.phase)
        unsafe message.pointee.n_edits = edits.count
        unsafe message.pointee.edits = unsafe arena.messages(edits)
        unsafe CFill.scalar(candidate, &message.pointee.has_candidate, &message.pointee.candidate)
        unsafe message.pointee.n_cause = cause.count
        unsafe message.pointee.cause = unsafe arena.strings(cause)
        unsafe CFill.scalar(
            confirmTimeoutMilliseconds, &message.pointee.has_confirm_timeout_ms, &message.pointee.confirm_timeout_ms)
        unsafe CFill.scalar(
            expectedGeneration, &message.pointee.has_expected_generation, &message.pointee.expected_generation)
        unsafe CFill.number(datastore, &message.pointee.has_datastore, &message.pointee.datastore)
    }
}
