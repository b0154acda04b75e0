internal import Kubernetes
internal import Logging
internal import Observability
internal import ServiceLifecycle

/// Follows one kind of resource and hands its changes to the reconciler.
struct WatchService<Resource: KubernetesResource>: ServiceLifecycle.Service {
    private let watcher: ResourceWatcher<Resource>
    private let apply: @Sendable (ResourceChange<Resource>) async -> Void

    /// - Parameter apply: takes each change in; called in order.
    init(
        client: KubernetesClient, scope: ResourceScope = .all, telemetry: AgentTelemetry, logger: Logger,
        apply: @escaping @Sendable (ResourceChange<Resource>) async -> Void
    ) {
        let metrics = WatchMetrics(resource: Resource.path.plural, registry: telemetry.registry)
        let watcher = ResourceWatcher<Resource>(
            client: client, scope: scope, logger: logger, observer: { metrics.count($0) })
        telemetry.registry.onScrape { [weak watcher] _ in
            // One that is over is not shown as one that lags. The next of its kind comes after it.
            if let watcher { metrics.show(watcher.status) } else { metrics.forget() }
        }
        telemetry.watches.add(Resource.path.plural) { [weak watcher] in watcher?.status }
        self.watcher = watcher
        self.apply = apply
    }

    /// Runs until graceful shutdown or cancellation.
    func run() async {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await watcher.run() }
                for await change in watcher.changes { await apply(change) }
                group.cancelAll()
            }
        }
    }
}

/// The metrics of one watch.
private struct WatchMetrics: Sendable {
    private let resource: String
    private let lag: Gauge
    private let connected: Gauge
    private let httpVersion: Gauge
    private let reconnects: Counter
    private let relists: Counter
    private let errors: Counter
    private let invalid: Counter

    init(resource: String, registry: MetricRegistry) {
        self.resource = resource
        lag = registry.gauge(MetricCatalogue.watchLag)
        connected = registry.gauge(MetricCatalogue.watchConnected)
        httpVersion = registry.gauge(MetricCatalogue.watchHTTPVersion)
        reconnects = registry.counter(MetricCatalogue.watchReconnects)
        relists = registry.counter(MetricCatalogue.watchRelists)
        errors = registry.counter(MetricCatalogue.watchErrors)
        invalid = registry.counter(MetricCatalogue.invalidObjects)
        for counter in [reconnects, relists, invalid] { counter.increment([.resource: resource], by: 0) }
    }

    func count(_ notice: WatcherNotice) {
        switch notice {
        case .listed, .connected: break
        case .reconnecting(let error, _):
            reconnects.increment([.resource: resource])
            if let error { count(error) }
        case .relisting(let error, _):
            relists.increment([.resource: resource])
            count(error)
        case .listFailed(let error, _): count(error)
        case .skipped: invalid.increment([.resource: resource])
        }
    }

    private func count(_ error: KubernetesError) {
        errors.increment([.resource: resource, .code: "\(error.code)"])
    }

    func forget() {
        connected.remove([.resource: resource])
        httpVersion.remove([.resource: resource])
        lag.remove([.resource: resource])
    }

    func show(_ status: WatcherStatus) {
        connected.set([.resource: resource], to: status.isConnected)
        if let version = status.httpVersion.flatMap(Double.init) {
            httpVersion.set([.resource: resource], to: version)
        }
        if let age = status.timeSinceLastHeard { lag.set([.resource: resource], to: age) }
    }
}
