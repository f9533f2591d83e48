// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Synchronization

/// One version of a model that an engine runs in workers. What its graph is, the first worker says.
final class HostedModel: EngineModel {
    private let arguments: HostedArguments
    private let launch: WorkerLaunch
    private let log: WorkerLog
    private let metrics: ModelMetrics
    private let graph: GraphSignature
    private let configuration = Mutex<EngineModelConfiguration?>(nil)
    /// That of the worker that has opened the model, until it is an instance's.
    private let opened: Mutex<WorkerLane?>
    private let lanes = Mutex<[WorkerLane]>([])

    /// Returns when a worker has opened the model.
    init(_ arguments: HostedArguments, _ launch: WorkerLaunch, log: WorkerLog) throws(ServingError) {
        metrics = ModelMetrics(arguments.source.identity)
        self.arguments = arguments
        self.launch = launch
        self.log = log
        let setup = Self.setup(arguments.source, launch, log, metrics, index: 0, outputs: [])
        let lane = try WorkerLane(launch, opening: arguments, setup: setup)
        let text = try lane.opened()
        do throws(WorkerFault) {
            graph = try GraphSignatureText.signature(text)
        } catch {
            lane.stop()
            throw ServingError(
                .unavailable,
                "the worker of model '\(arguments.source.modelName)' told of its graph wrongly: \(error.text)",
                reason: .backend
            )
        }
        opened = Mutex(lane)
    }

    deinit { opened.withLock { $0 }?.stop() }

    var signature: GraphSignature? { graph }
    /// What a worker costs besides the model is not for an event loop to wait for.
    var hasSteadyCost: Bool { false }
    var customMetrics: [CustomMetricFamily] { metrics.families }
    var isReady: Bool { lanes.withLock { $0.contains { $0.session != nil } } }

    func configure(_ configuration: EngineModelConfiguration) throws(ServingError) {
        let match = GraphMatch(modelName: arguments.source.modelName, graph: graph, configuration: configuration)
        try match.check()
        self.configuration.withLock { $0 = configuration }
    }

    func makeInstance(_ index: Int) throws(ServingError) -> any EngineInstance {
        guard let configuration = configuration.withLock({ $0 }) else {
            preconditionFailure("an instance is made of a model that was not configured")
        }
        var serving = arguments
        serving.configuration = configuration
        let lane: WorkerLane
        let opened = opened.withLock { opened in
            defer { opened = nil }
            return opened
        }
        if let opened {
            lane = opened
            do throws(ServingError) {
                try lane.serve(serving, estimate: LeaseEstimate(outputs: configuration.outputs))
            } catch {
                lane.stop()
                throw error
            }
        } else {
            let setup = Self.setup(
                arguments.source,
                launch,
                log,
                metrics,
                index: index,
                outputs: configuration.outputs
            )
            lane = try WorkerLane(launch, serving, setup: setup)
        }
        lanes.withLock { $0.append(lane) }
        return WorkerInstance(lane, limits: launch.limits)
    }

    func close(whenClosed closed: @escaping @Sendable () -> Void) {
        let lanes = lanes.withLock { $0 } + (opened.withLock { $0 }.map { [$0] } ?? [])
        let left = Countdown(lanes.count, then: closed)
        for lane in lanes { lane.stop { left.oneIsOver() } }
    }

    private static func setup(
        _ source: EngineModelSource,
        _ launch: WorkerLaunch,
        _ log: WorkerLog,
        _ metrics: ModelMetrics,
        index: Int,
        outputs: [TensorSpec]
    ) -> WorkerSetup {
        var setup = WorkerSetup(
            modelName: source.modelName,
            version: source.version,
            instanceName: "\(source.modelName)_0_\(index)",
            isDecoupled: false,
            limits: launch.limits,
            estimate: LeaseEstimate(outputs: outputs),
            log: log,
            metrics: metrics
        )
        setup.processName = "Worker process"
        return setup
    }
}
