// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Synchronization

/// One version of a Python model, and the workers that run it.
final class PythonModel: EngineModel {
    private let source: EngineModelSource
    private let launch: WorkerLaunch
    private let log: WorkerLog
    private let metrics: ModelMetrics
    let completedConfiguration: String?
    private let configuration = Mutex<EngineModelConfiguration?>(nil)
    private let lanes = Mutex<[WorkerLane]>([])

    /// Has the model's own `auto_complete_config` run, in a worker that is thrown away.
    init(
        _ source: EngineModelSource,
        launch: WorkerLaunch,
        metrics: CustomMetricLimits,
        log: WorkerLog
    ) throws(ServingError) {
        self.metrics = ModelMetrics(source.identity, limits: metrics)
        self.source = source
        self.launch = launch
        self.log = log
        completedConfiguration =
            source.autoCompletes ? try Self.completed(source, launch: launch, log: log) : nil
    }

    var signature: GraphSignature? { nil }
    /// User code may do anything.
    var hasSteadyCost: Bool { false }
    var isReady: Bool { lanes.withLock { $0.contains { $0.session != nil } } }

    var customMetrics: [CustomMetricFamily] { metrics.families }

    func askReady() async -> Bool {
        let sessions = lanes.withLock { $0.compactMap(\.session) }
        guard !sessions.isEmpty else { return false }
        return await withTaskGroup(of: Bool.self) { asking in
            for session in sessions { asking.addTask { await session.askReady() } }
            return await asking.allSatisfy { $0 }
        }
    }

    func configure(_ configuration: EngineModelConfiguration) throws(ServingError) {
        self.configuration.withLock { $0 = configuration }
    }

    func makeInstance(_ index: Int) throws(ServingError) -> any EngineInstance {
        guard let configuration = configuration.withLock({ $0 }) else {
            preconditionFailure("an instance is made of a model that was not configured")
        }
        let setup = WorkerSetup(
            modelName: source.modelName,
            version: source.version,
            instanceName: "\(source.modelName)_0_\(index)",
            isDecoupled: configuration.isDecoupled,
            limits: launch.limits,
            estimate: LeaseEstimate(outputs: configuration.outputs),
            log: log,
            metrics: metrics,
            calls: source.calls
        )
        let arguments = arguments(.serve, configuration.json, setup)
        let lane = try WorkerLane(launch, arguments, setup: setup)
        lanes.withLock { $0.append(lane) }
        return WorkerInstance(lane, limits: launch.limits)
    }

    func close(whenClosed closed: @escaping @Sendable () -> Void) {
        let lanes = lanes.withLock { $0 }
        let left = Countdown(lanes.count, then: closed)
        for lane in lanes { lane.stop { left.oneIsOver() } }
    }

    private func arguments(
        _ mode: WorkerArguments.Mode,
        _ configuration: String,
        _ setup: WorkerSetup
    ) -> WorkerArguments {
        Self.arguments(mode, source, configuration, setup)
    }

    private static func arguments(
        _ mode: WorkerArguments.Mode,
        _ source: EngineModelSource,
        _ configuration: String,
        _ setup: WorkerSetup
    ) -> WorkerArguments {
        WorkerArguments(
            mode: mode,
            modelName: source.modelName,
            version: source.version,
            configuration: configuration,
            instanceName: setup.instanceName,
            modelFile: source.path
        )
    }

    /// - Returns: the configuration as the model has completed it, as JSON; `nil` if it says nothing.
    private static func completed(
        _ source: EngineModelSource,
        launch: WorkerLaunch,
        log: WorkerLog
    ) throws(ServingError) -> String? {
        let setup = WorkerSetup(
            modelName: source.modelName,
            version: source.version,
            instanceName: "\(source.modelName)_0_0",
            isDecoupled: false,
            limits: launch.limits,
            estimate: LeaseEstimate(outputs: []),
            log: log,
            metrics: ModelMetrics(source.identity)
        )
        let arguments = arguments(.complete, source, source.configurationJSON, setup)
        let answer = try WorkerLane.startOnce(launch, arguments, setup: setup)
        do throws(WorkerFault) {
            return try JSONObjectReader.nestedObject(named: "config", in: answer)
        } catch {
            throw ServingError(
                .unavailable,
                "the worker of model '\(source.modelName)' completed the configuration wrongly: \(error.text)",
                reason: .backend
            )
        }
    }
}
