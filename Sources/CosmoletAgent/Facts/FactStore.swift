public import Announcements
internal import NetworkTypes

/// The kinds of resource that must each have been listed once before anything is withdrawn.
public enum FactSource: String, Sendable, Hashable, CaseIterable {
    /// `v1` Services.
    case services
    /// `discovery.k8s.io/v1` EndpointSlices.
    case endpointSlices
    /// The own Node.
    case node
    /// `v1` Namespaces; only when the configuration selects by their labels.
    case namespaces
}

/// Namespace and name of an EndpointSlice.
public typealias SliceID = ServiceID

/// The endpoints of one slice and the Service that they belong to.
public struct SliceFacts: Sendable, Hashable {
    /// Namespace and name of the slice.
    public var id: SliceID
    /// The Service by label `kubernetes.io/service-name`; nil for a slice of nobody.
    public var service: ServiceID?
    /// Its endpoints, one for each address.
    public var endpoints: [EndpointFact]

    /// Makes facts.
    public init(id: SliceID, service: ServiceID?, endpoints: [EndpointFact]) {
        self.id = id
        self.service = service
        self.endpoints = endpoints
    }
}

/// A namespace and its labels.
public struct NamespaceFacts: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its labels.
    public var labels: [String: String]

    /// Makes facts.
    public init(name: String, labels: [String: String]) {
        self.name = name
        self.labels = labels
    }
}

/// One piece of news for the fact store.
public enum FactChange: Sendable {
    /// The complete list of Services; what is not in it is gone. Of the `unreadable` ones, which are in the list but could
    /// not be read, what was known stays. A name that could not be read either is empty, and may stand for any.
    case replacedServices([ServiceFacts], unreadable: Set<ServiceID> = [])
    /// A Service was created or changed.
    case service(ServiceFacts)
    /// A Service was deleted.
    case deletedService(ServiceID)
    /// The complete list of slices; `unreadable` as for Services.
    case replacedSlices([SliceFacts], unreadable: Set<SliceID> = [])
    /// A slice was created or changed.
    case slice(SliceFacts)
    /// A slice was deleted.
    case deletedSlice(SliceID)
    /// The own node was listed; nil when the object does not exist.
    case replacedNode(NodeFacts?)
    /// The own node was created, changed or deleted.
    case node(NodeFacts?)
    /// The complete list of namespaces; `unreadable` as for Services.
    case replacedNamespaces([NamespaceFacts], unreadable: Set<String> = [])
    /// A namespace was created or changed.
    case namespace(NamespaceFacts)
    /// A namespace was deleted.
    case deletedNamespace(String)
}

/// What the agent knows of the cluster, and the plan that follows. A value without I/O.
///
/// One change judges one Service again, and changes its part of the plan only.
struct FactStore {
    private(set) var configuration: PlannerConfiguration
    private(set) var node: NodeFacts?
    private(set) var listed: Set<FactSource> = []
    private(set) var services: [ServiceID: ServiceFacts] = [:]
    private(set) var slices: [SliceID: SliceFacts] = [:]
    private(set) var slicesByService: [ServiceID: Set<SliceID>] = [:]
    private var assembly: PlanAssembly
    /// The configuration that the assembly's Services were judged by.
    private var judgedBy: PlannerConfiguration
    private var stale: Set<ServiceID> = []
    private var namespaces: [String: [String: String]] = [:]
    /// One copy of each name of a node: tens of thousands of endpoints have the same few.
    private var nodeNames: Set<String> = []
    private(set) var history = PlanHistory()
    private var hasPlanned = false
    /// The last value of the annotation that releases the fuse.
    private var fuseRelease: String?

    init(configuration: PlannerConfiguration) {
        self.configuration = configuration
        judgedBy = configuration
        assembly = PlanAssembly(tags: configuration.tags)
    }

    /// Whether a Service is to be judged again.
    var hasNews: Bool { !stale.isEmpty || judgedBy != configuration }

    /// The sources that have not been listed yet.
    var missing: [FactSource] {
        FactSource.allCases.filter { source in
            !listed.contains(source) && (source != .namespaces || configuration.selection.needsNamespaces)
        }
    }

    /// Why there is no plan, or nil when there is one.
    var freeze: FreezeReason? {
        guard missing.isEmpty else { return .notListed(missing.map(\.rawValue)) }
        return node == nil ? .nodeGone : nil
    }

    /// The plan without regard to time, or nil while a source is missing or the own Node object is gone: then nothing
    /// may be changed. A VIP that drains stays announced with class `drain`.
    mutating func plan() -> AnnouncementPlan? {
        guard freeze == nil, let node else { return nil }
        if judgedBy != configuration {
            judgedBy = configuration
            assembly = PlanAssembly(tags: configuration.tags)
            stale.formUnion(services.keys)
        }
        var news: [ServiceID: [Decision]] = Dictionary(minimumCapacity: stale.count)
        for id in stale { news[id] = services[id].map { decide($0, node: node) } ?? [] }
        assembly.update(news)
        stale = []
        return assembly.plan(nodeWarnings: node.annotations.warnings)
    }

    /// All facts, to plan from as a whole; nil when there is no plan. `plan()` gives the same, sooner.
    var allFacts: AnnouncementFacts? {
        guard freeze == nil, let node else { return nil }
        return AnnouncementFacts(
            node: node, services: Array(services.values),
            endpoints: Dictionary(uniqueKeysWithValues: services.keys.map { ($0, endpoints(of: $0)) }),
            namespaces: namespaces, configuration: configuration)
    }

    /// The plan with regard to time: ordered drain, hold-down, fuse. Nil as for `plan()`.
    ///
    /// - Parameters:
    ///   - running: what FRR runs, without what was announced by hand.
    ///   - now: time since any fixed moment; it never goes back.
    ///   - isCurrent: false when the API server is not heard, so that the facts may be old: the fuse's time stands still.
    mutating func plan(
        running: [IPAddress: AttributeClass], at now: Duration, isCurrent: Bool = true
    ) -> AnnouncementPlan? {
        history.observe(running: running, at: now)
        let judged = plan()
        if judged == nil || !isCurrent { history.restartFuse(at: now) }
        guard let plan = judged else { return nil }
        if !hasPlanned {
            hasPlanned = true
            doubtWhatNoNewsExplains(running.keys, plan)
        }
        return history.apply(plan, configuration: configuration, at: now)
    }

    /// What FRR runs when the agent starts may go without doubt where a Service that has it qualifies as such and has slices:
    /// then its endpoints left meanwhile. Else the rules may be new, or a list may have lost something.
    private mutating func doubtWhatNoNewsExplains(_ vips: some Sequence<IPAddress>, _ plan: AnnouncementPlan) {
        let explained = plan.decisions.filter { decision in
            ![.service, .address].contains(decision.reason.stage) && slicesByService[decision.service] != nil
        }
        history.doubtWithdrawals(of: Set(vips).subtracting(explained.compactMap(\.vip)))
    }

    /// What the rules say about one Service, entries of kinds that are off included; nil when it does not exist, or
    /// when there is no plan.
    func explain(_ id: ServiceID) -> [Decision]? {
        guard freeze == nil, let node, let service = services[id] else { return nil }
        return decide(service, node: node, judgesAllKinds: true)
    }

    private func decide(_ service: ServiceFacts, node: NodeFacts, judgesAllKinds: Bool = false) -> [Decision] {
        ServiceRules.decide(
            service, endpoints: endpoints(of: service.id), node: node, configuration: configuration,
            namespaceLabels: namespaces[service.id.namespace], judgesAllKinds: judgesAllKinds)
    }

    private func endpoints(of service: ServiceID) -> [EndpointFact] {
        (slicesByService[service] ?? []).flatMap { slices[$0]?.endpoints ?? [] }
    }

    // MARK: - Changes

    /// Judges by other rules from now on. What is known of the cluster stays, and so does what was announced so far.
    mutating func reconfigure(_ new: PlannerConfiguration) {
        guard new != configuration else { return }
        configuration = new
        // Nobody watches them from now on; when they are needed again, they are listed first.
        if !new.selection.needsNamespaces {
            namespaces = [:]
            listed.remove(.namespaces)
        }
        history.doubtAllWithdrawals()
        stale.formUnion(services.keys)
    }

    /// Takes news in. Returns false when it changed nothing that a plan could depend on.
    mutating func apply(_ change: FactChange) -> Bool {
        switch change {
        case .replacedServices(let all, let unreadable):
            let old = services
            services = unreadable.isEmpty ? [:] : old.filter { unreadable.mayHold($0.key) }
            services.merge(all.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
            for id in Set(old.keys).union(services.keys) where old[id] != services[id] { stale.insert(id) }
            for (id, service) in old where services[id]?.addresses != service.addresses {
                doubtWithdrawals(of: service)
            }
            return listed.insert(.services).inserted || !stale.isEmpty
        case .service(let service):
            guard services.updateValue(service, forKey: service.id) != service else { return false }
            stale.insert(service.id)
        case .deletedService(let id):
            guard services.removeValue(forKey: id) != nil else { return false }
            stale.insert(id)
        case .replacedSlices(let all, let unreadable):
            let gone = Set(slices.keys).subtracting(all.map(\.id))
            for id in gone where !unreadable.mayHold(id) {
                if let service = slices[id]?.service.flatMap({ services[$0] }) { doubtWithdrawals(of: service) }
                remove(slice: id)
            }
            for slice in all { _ = insert(slice) }
            return listed.insert(.endpointSlices).inserted || !stale.isEmpty
        case .slice(let slice):
            return insert(slice)
        case .deletedSlice(let id):
            guard slices[id] != nil else { return false }
            remove(slice: id)
        case .replacedNode(let new):
            // Not news: a server that was restored from a backup lists old values again.
            fuseRelease = new?.annotations.fuseRelease ?? fuseRelease
            return take(node: new)
        case .node(let new):
            if let value = new?.annotations.fuseRelease, value != fuseRelease {
                fuseRelease = value
                history.releaseFuse()
            }
            return take(node: new)
        case .replacedNamespaces(let all, let unreadable):
            var new = namespaces.filter { unreadable.contains($0.key) || unreadable.contains("") }
            new.merge(all.map { ($0.name, $0.labels) }, uniquingKeysWith: { $1 })
            for service in services.values {
                let name = service.id.namespace
                if namespaces[name] != nil, new[name] == nil { doubtWithdrawals(of: service) }
            }
            let changed = Set(namespaces.keys).union(new.keys).filter { namespaces[$0] != new[$0] }
            namespaces = new
            markStale(namespaces: changed)
            return listed.insert(.namespaces).inserted || !stale.isEmpty
        case .namespace(let namespace):
            guard namespaces.updateValue(namespace.labels, forKey: namespace.name) != namespace.labels else {
                return false
            }
            markStale(namespaces: [namespace.name])
        case .deletedNamespace(let name):
            guard namespaces.removeValue(forKey: name) != nil else { return false }
            markStale(namespaces: [name])
        }
        return true
    }

    /// A list is without something that this Service's VIPs rest on.
    private mutating func doubtWithdrawals(of service: ServiceFacts) {
        history.doubtWithdrawals(of: service.addresses.compactMap { $0.text.flatMap { IPAddress($0) } })
    }

    private mutating func take(node new: NodeFacts?) -> Bool {
        let isFirst = listed.insert(.node).inserted
        guard new != node || isFirst else { return false }
        node = new
        stale.formUnion(services.keys)
        return true
    }

    private mutating func markStale(namespaces changed: Set<String>) {
        guard !changed.isEmpty else { return }
        stale.formUnion(services.keys.filter { changed.contains($0.namespace) })
    }

    private mutating func insert(_ slice: SliceFacts) -> Bool {
        guard slices[slice.id] != slice else { return false }
        remove(slice: slice.id)
        slices[slice.id] = sharingNames(slice)
        if let service = slice.service {
            slicesByService[service, default: []].insert(slice.id)
            stale.insert(service)
        }
        return true
    }

    private mutating func sharingNames(_ slice: SliceFacts) -> SliceFacts {
        var slice = slice
        for index in slice.endpoints.indices {
            guard let name = slice.endpoints[index].nodeName else { continue }
            slice.endpoints[index].nodeName = nodeNames.insert(name).memberAfterInsert
        }
        return slice
    }

    private mutating func remove(slice id: SliceID) {
        guard let old = slices.removeValue(forKey: id), let service = old.service else { return }
        slicesByService[service]?.remove(id)
        if slicesByService[service]?.isEmpty == true { slicesByService[service] = nil }
        stale.insert(service)
    }
}

extension Set<ServiceID> {
    /// Whether one of these names, of which parts may be empty because they could not be read, may be this one.
    fileprivate func mayHold(_ id: ServiceID) -> Bool {
        guard !isEmpty else { return false }
        return contains(id) || contains(ServiceID(namespace: id.namespace, name: ""))
            || contains(ServiceID(namespace: "", name: ""))
    }
}
