// SPDX-License-Identifier: Apache-2.0
package import Inference
package import Logging
package import ModelRepository
private import Scheduling
private import Synchronization

/// `--model-control-mode`: who decides which models are loaded.
package enum ModelControlMode: String, Sendable, CaseIterable {
    /// All models of the repositories at start, and no changes after that.
    case none
    /// Those named at start, then those that load and unload requests name.
    case explicit
}

/// The models of a server: finds them, loads them, and answers for them.
package final class ModelServer: Sendable {
    package struct Settings: Sendable {
        package var controlMode = ModelControlMode.none
        /// Explicit mode: loaded at start. `*` stands for all.
        package var startupModels: [String] = []
        package var isReadinessStrict = true
        package var loading = LoadSettings()
        /// `nil`: models call nobody.
        package var calls: ModelCallSettings?

        package init() {}
    }

    private enum Phase { case starting, running, exiting }

    let settings: Settings
    let registry = ModelRegistry()
    let lifecycle: ModelLifecycle
    private let repository: ModelRepository
    private let phase = Mutex(Phase.starting)

    package init(repository: ModelRepository, engines: EngineSelection, settings: Settings, logger: Logger) {
        self.repository = repository
        self.settings = settings
        let calls = settings.calls.map { [registry] in ModelCallRouter($0, registry: registry) }
        lifecycle = ModelLifecycle(
            loader: ModelLoader(repository: repository, engines: engines, settings: settings.loading, calls: calls),
            registry: registry,
            logger: logger
        )
        // Weakly: what models hold must not keep alive what holds them.
        calls?.setChanger { [weak self] (name, change) throws(ServingError) in
            guard let self else { throw ServingError(.unavailable, "the server is exiting") }
            try await self.change(name, change)
        }
    }

    /// Loads what the settings name. Models that fail are left `UNAVAILABLE` with their reason.
    /// - Returns: the errors of those that failed, by model.
    package func start() async throws(ServingError) -> [String: ServingError] {
        let snapshot = try repository.scan()
        let names: [String]
        switch settings.controlMode {
        case .none: names = snapshot.models.keys.sorted()
        case .explicit where settings.startupModels.contains("*"): names = snapshot.models.keys.sorted()
        case .explicit: names = settings.startupModels
        }
        let wantsAll = settings.controlMode == .none || settings.startupModels.contains("*")
        var failures = snapshot.unavailable
            .filter { wantsAll || settings.startupModels.contains($0.key) }
            .mapValues { ServingError(.invalidArgument, $0) }
        for (name, error) in failures { registry.change { $0.modelRefused(name, reason: error.message) } }
        await withTaskGroup(of: (String, ServingError?).self) { group in
            for name in names {
                group.addTask {
                    do throws(ServingError) {
                        try await self.lifecycle.load(name, parameters: LoadParameters())
                        return (name, nil)
                    } catch {
                        return (name, error)
                    }
                }
            }
            for await (name, error) in group {
                if let error { failures[name] = error }
            }
        }
        for (name, error) in failures where registry.read({ $0.models[name] == nil }) {
            registry.change { $0.modelRefused(name, reason: error.message) }
        }
        phase.withLock { if $0 == .starting { $0 = .running } }
        return failures
    }

    /// Readiness turns off; requests go on being served.
    package func beginExit() {
        phase.withLock { $0 = .exiting }
    }

    /// Unloads everything and waits until it is gone.
    package func stop() async {
        beginExit()
        await lifecycle.unloadAll()
    }

    private var currentPhase: Phase { phase.withLock { $0 } }
}

extension ModelServer: InferenceService {
    package func model(named name: String, version: Int64?) throws(ServingError) -> any ServableModel {
        try registry.read { (table) throws(ServingError) in try table.lookUp(name, version: version) }
    }
}

extension ModelServer: ModelControl {
    package var isLive: Bool { currentPhase != .exiting }

    package var isReady: Bool {
        guard currentPhase == .running else { return false }
        return !settings.isReadinessStrict || registry.read { $0.isEveryVersionReady }
    }

    package var isExiting: Bool { currentPhase == .exiting }

    package func isModelReady(named name: String, version: Int64?) throws(ServingError) -> Bool {
        try registry.read { (table) throws(ServingError) in try table.isReady(name, version: version) }
    }

    package func askModelReady(named name: String, version: Int64?) async throws(ServingError) -> Bool {
        guard try isModelReady(named: name, version: version) else { return false }
        let servable = try registry.read { (table) throws(ServingError) in try table.lookUp(name, version: version) }
        return await servable.parts.engine.askReady()
    }

    package func metadata(ofModel name: String, version: Int64?) throws(ServingError) -> ModelMetadata {
        let (servable, versions, admission) = try registry.read { (table) throws(ServingError) in
            (try table.lookUp(name, version: version), table.ready(name).keys.sorted(), table.admissions[name])
        }
        var metadata = servable.metadata(versions: version.map { [$0] } ?? versions)
        metadata.findings = admission?.findings ?? []
        return metadata
    }

    package func configurationJSON(ofModel name: String, version: Int64?) throws(ServingError) -> String {
        try registry.read { (table) throws(ServingError) in try table.lookUp(name, version: version) }
            .parts.configurationJSON
    }

    package func statistics(
        ofModel name: String?,
        version: Int64?
    ) throws(ServingError) -> [ModelStatisticsSnapshot] {
        let servables = try registry.read { (table) throws(ServingError) in
            try table.readyVersions(ofModel: name, version: version)
        }
        return servables.map { $0.parts.statistics.snapshot(pending: $0.parts.scheduler.pendingCount) }
    }

    /// What models count themselves, the newest version of a model first.
    package func customMetrics() -> [CustomMetrics] {
        let servables = registry.read { table in (try? table.readyVersions(ofModel: nil, version: nil)) ?? [] }
        return servables.sorted { ($0.name, -$0.version) < ($1.name, -$1.version) }.map { servable in
            CustomMetrics(
                model: ModelIdentity(name: servable.name, version: servable.version),
                families: servable.parts.engine.customMetrics
            )
        }
    }

    /// What admission has said of each model that was loaded or refused, by name.
    package func admissions() -> [ModelAdmission] {
        registry.read { $0.admissions.values.sorted { $0.model < $1.model } }
    }

    package func repositoryIndex(readyOnly: Bool) async -> [RepositoryIndexEntry] {
        let snapshot = try? repository.scan()
        return registry.read { table in
            table.index(known: snapshot ?? RepositorySnapshot(), readyOnly: readyOnly)
        }
    }

    package func load(model name: String, parameters: LoadParameters) async throws(ServingError) {
        try requireExplicitControl()
        try await lifecycle.load(name, parameters: parameters)
    }

    package func unload(model name: String, includingDependents: Bool) async throws(ServingError) {
        try requireExplicitControl()
        try await lifecycle.unload(name)
    }

    package func served(_ name: String) -> ServedModel? {
        registry.read { table in (try? table.lookUp(name, version: nil)).map { ServedModel($0) } }
    }

    /// By a model that was given the right to.
    private func change(_ name: String, _ change: ModelChange) async throws(ServingError) {
        try requireExplicitControl()
        switch change {
        case .load(let parameters): try await lifecycle.load(name, parameters: parameters, isNested: true)
        case .unload: try await lifecycle.unload(name)
        }
    }

    private func requireExplicitControl() throws(ServingError) {
        guard settings.controlMode == .explicit else {
            throw ServingError(.unavailable, "explicit model load / unload is not allowed if polling is enabled")
        }
    }
}
