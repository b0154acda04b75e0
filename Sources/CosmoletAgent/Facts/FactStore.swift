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

/// One piece of news for the fact store.
public enum FactChange: Sendable {
    /// The complete list of Services; what is not in it is gone.
    case replacedServices([ServiceFacts])
    /// A Service was created or changed.
    case service(ServiceFacts)
    /// A Service was deleted.
    case deletedService(ServiceID)
    /// A Service cannot be read: what was known of it stays, also through the next `replacedServices`.
    case unreadableService(ServiceID)
    /// The complete list of slices.
    case replacedSlices([SliceFacts])
    /// A slice was created or changed.
    case slice(SliceFacts)
    /// A slice was deleted.
    case deletedSlice(SliceID)
    /// A slice cannot be read: what was known of it stays, also through the next `replacedSlices`.
    case unreadableSlice(SliceID)
    /// The own node was listed or changed; nil when the object does not exist.
    case node(NodeFacts?)
}

/// What the agent knows of the cluster, and the plan that follows. A value without I/O.
///
/// Decisions are kept for each Service, so that one change judges one Service again.
struct FactStore {
    let configuration: PlannerConfiguration
    private(set) var node: NodeFacts?
    private(set) var listed: Set<FactSource> = []
    private var services: [ServiceID: ServiceFacts] = [:]
    private var slices: [SliceID: SliceFacts] = [:]
    private var slicesByService: [ServiceID: Set<SliceID>] = [:]
    private var decisions: [ServiceID: [Decision]] = [:]
    private var stale: Set<ServiceID> = []
    private var unreadableServices: Set<ServiceID> = []
    private var unreadableSlices: Set<SliceID> = []

    init(configuration: PlannerConfiguration) {
        self.configuration = configuration
    }

    /// The sources that have not been listed yet.
    var missing: [FactSource] { FactSource.allCases.filter { !listed.contains($0) } }

    /// The plan, or nil while a source is missing or the own Node object is gone: then nothing may be changed.
    mutating func plan() -> AnnouncementPlan? {
        guard missing.isEmpty, let node else { return nil }
        for id in stale {
            decisions[id] = services[id].map { service in
                let endpoints = slicesByService[id, default: []].flatMap { slices[$0]?.endpoints ?? [] }
                return ServiceRules.decide(service, endpoints: endpoints, node: node, configuration: configuration)
            }
        }
        stale.removeAll(keepingCapacity: true)
        return AnnouncementPlan(decisions: decisions.values.joined(), tags: configuration.tags)
    }

    // MARK: - Changes

    /// Takes news in. Returns false when it changed nothing that a plan could depend on.
    mutating func apply(_ change: FactChange) -> Bool {
        switch change {
        case .replacedServices(let all):
            let old = services
            services = old.filter { unreadableServices.contains($0.key) }
            services.merge(all.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
            unreadableServices = []
            for id in Set(old.keys).union(services.keys) where old[id] != services[id] { stale.insert(id) }
            return listed.insert(.services).inserted || !stale.isEmpty
        case .service(let service):
            unreadableServices.remove(service.id)
            guard services.updateValue(service, forKey: service.id) != service else { return false }
            stale.insert(service.id)
        case .deletedService(let id):
            unreadableServices.remove(id)
            guard services.removeValue(forKey: id) != nil else { return false }
            stale.insert(id)
        case .replacedSlices(let all):
            let gone = Set(slices.keys).subtracting(all.map(\.id)).subtracting(unreadableSlices)
            for id in gone { remove(slice: id) }
            unreadableSlices = []
            for slice in all { _ = insert(slice) }
            return listed.insert(.endpointSlices).inserted || !stale.isEmpty
        case .slice(let slice):
            unreadableSlices.remove(slice.id)
            return insert(slice)
        case .deletedSlice(let id):
            unreadableSlices.remove(id)
            guard slices[id] != nil else { return false }
            remove(slice: id)
        case .unreadableService(let id):
            unreadableServices.insert(id)
            return false
        case .unreadableSlice(let id):
            unreadableSlices.insert(id)
            return false
        case .node(let new):
            let isFirst = listed.insert(.node).inserted
            guard new != node || isFirst else { return false }
            node = new
            stale.formUnion(services.keys)
        }
        return true
    }

    private mutating func insert(_ slice: SliceFacts) -> Bool {
        guard slices[slice.id] != slice else { return false }
        remove(slice: slice.id)
        slices[slice.id] = slice
        if let service = slice.service {
            slicesByService[service, default: []].insert(slice.id)
            stale.insert(service)
        }
        return true
    }

    private mutating func remove(slice id: SliceID) {
        guard let old = slices.removeValue(forKey: id), let service = old.service else { return }
        slicesByService[service]?.remove(id)
        if slicesByService[service]?.isEmpty == true { slicesByService[service] = nil }
        stale.insert(service)
    }
}
