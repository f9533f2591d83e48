package import Inference
// SPDX-License-Identifier: Apache-2.0
internal import InferenceProtos
package import ModelRepository
package import Scheduling

/// What holds for every model of a server.
package struct LoadSettings: Sendable {
    /// How configurations are read and completed.
    package var definition = DefinitionSettings()
    /// `--model-config-name`: which of a model's `configs/` to prefer.
    package var configName: String?
    /// `--backend-config`: engine → key → value; the empty engine name holds what is meant for all.
    package var engineSettings: [String: [String: String]] = [:]
    /// Bytes that an engine may hold for one model's activations.
    package var arenaLimit: Int?
    /// Bytes that the outputs of one execution may have.
    package var outputLimit = 1 << 30
    /// How long an engine may run one batch before it is taken for hanging; 0: as long as it takes.
    package var executionSeconds = 0
    /// What one model may have waiting, whatever its configuration says.
    package var queueLimits = QueueLimits.unlimited
    /// Executions that take no longer may run on the event loop that read the requests; 0: none do.
    package var inlineLimitNanoseconds: UInt64 = 500_000
    /// Requests that a dynamic batcher waits for once before it begins; 0: none.
    package var holdUntilQueued = 0
    /// Where the threads of all models' instances come from.
    package var instanceThreads = InstanceThreads.shared
    /// Where requests may have their outputs put; `nil`: nowhere.
    package var sharedMemory: SharedMemoryStore?
    package var loadThreads = 4
    package var loadRetries = 0
    /// Asked about every model before it is opened; `nil` where nobody is to be asked.
    package var admission: (any Admission)?

    package init() {}

    /// The settings of one engine, those meant for all engines included.
    func settings(forEngine name: String) -> [String: String] {
        (engineSettings[""] ?? [:]).merging(engineSettings[name] ?? [:]) { _, specific in specific }
    }
}

/// One version, loaded or not.
struct VersionOutcome {
    var version: Int64
    var result: Result<VersionParts, ServingError>
}

/// Turns a model directory into running versions. Blocks while the engine reads the model.
struct ModelLoader: Sendable {
    let repository: ModelRepository
    let engines: EngineSelection
    let settings: LoadSettings
    /// For models that call others.
    var calls: (any ModelCalls)?

    func definition(of name: String, overrides: LoadParameters) throws(ServingError) -> ModelDefinition {
        var definition = try repository.definition(
            ofModel: name,
            configName: settings.configName,
            overrides: overrides,
            settings: settings.definition
        )
        definition.warnings += UnusedFields.warnings(of: definition.config)
        return definition
    }

    /// - Returns: what was found that does not keep the model out.
    func admit(_ definition: ModelDefinition, overrides: LoadParameters) throws(ServingError) -> [AdmissionFinding] {
        guard let admission = settings.admission else { return [] }
        let fromFile = definition.configFile.flatMap { file in
            definition.configText.map { AdmissionCandidate.Configuration.file(file, text: $0) }
        }
        let verdict = admission.judge(
            AdmissionCandidate(
                modelName: definition.name,
                files: definition.files,
                configuration: overrides.configuration.map { .request($0) } ?? fromFile
            )
        )
        if let refusal = verdict.refusal(ofModel: definition.name) { throw refusal }
        return verdict.findings
    }

    func load(_ definition: ModelDefinition, version: Int64) throws(ServingError) -> VersionParts {
        try loadReporting(definition, version: version).parts
    }

    /// - Returns: with the parts, a line for each thing that was filled in.
    func loadReporting(
        _ definition: ModelDefinition,
        version: Int64
    ) throws(ServingError) -> (parts: VersionParts, completed: [String]) {
        let began = MonotonicTime.now()
        // Before the engine is chosen: an ensemble has none, and what is not supported need not be read.
        try SupportedConfig.check(definition)
        let files = ModelDigests(definition.files)
        let (engine, model) = try open(definition, files, version: version)
        var definition = definition
        let definitionSettings = definitionSettings(forEngine: engine.name)
        if let completed = model.completedConfiguration {
            try definition.complete(withOwn: completed, settings: definitionSettings)
        } else {
            try definition.complete(with: model.signature, settings: definitionSettings)
        }
        let config = definition.config
        let configurationJSON = ModelConfigJSON.print(config)

        let inputs = config.tensorInputs()
        let outputs = config.tensorOutputs()
        do throws(ServingError) {
            var finished = EngineModelConfiguration(
                inputs: inputs,
                outputs: outputs,
                maxBatchSize: Int(config.maxBatchSize),
                isDecoupled: config.modelTransactionPolicy.decoupled
            )
            finished.json = configurationJSON
            try model.configure(finished)
        } catch {
            throw definition.locatingConfiguration(error)
        }
        let digest = try files.digest(
            ofVersion: version,
            model: definition.name,
            labels: definition.labels,
            configuration: configurationJSON
        )
        let statistics = StatisticsRecorder(
            name: definition.name,
            version: version,
            metricTags: config.metricTags
        )
        var instances: [any EngineInstance] = []
        for index in 0..<config.instanceCount { instances.append(try model.makeInstance(index)) }
        try warmUp(instances, definition)
        var schedulerSettings = SchedulerSettings(
            config,
            inputs: inputs,
            queueLimits: settings.queueLimits,
            inlineLimitNanoseconds: model.hasSteadyCost ? settings.inlineLimitNanoseconds : 0
        )
        schedulerSettings.threads = settings.instanceThreads
        schedulerSettings.holdUntilQueued = settings.holdUntilQueued
        let scheduler = ModelScheduler(settings: schedulerSettings, instances: instances, observer: statistics)
        guard scheduler.isSound else {
            scheduler.stop(whenDrained: {})
            throw ServingError(
                .unavailable,
                "the system has no more threads for the \(instances.count) instances of model '\(definition.name)'"
            )
        }
        statistics.loaded(inNanoseconds: MonotonicTime.now().nanoseconds(since: began))
        let parts = VersionParts(
            name: definition.name,
            version: version,
            digest: digest,
            config: config,
            configurationJSON: configurationJSON,
            inputs: inputs,
            outputs: outputs,
            labels: definition.labels,
            engine: model,
            scheduler: scheduler,
            statistics: statistics
        )
        return (parts, definition.completed)
    }

    private func open(
        _ definition: ModelDefinition,
        _ files: ModelDigests,
        version: Int64
    ) throws(ServingError) -> (engine: any Engine, model: any EngineModel) {
        let engine: any Engine
        do throws(ServingError) {
            engine = try engines.engine(for: definition.config)
        } catch {
            throw definition.locatingEngine(error)
        }
        do throws(ServingError) {
            let source = source(of: definition, files, version: version, engine: engine.name)
            return (engine, try engine.open(source))
        } catch {
            throw definition.locating(error)
        }
    }

    private func warmUp(_ instances: [any EngineInstance], _ definition: ModelDefinition) throws(ServingError) {
        let config = definition.config
        guard !config.modelWarmup.isEmpty else { return }
        let contract = RequestContract(
            modelName: config.name,
            inputs: config.tensorInputs(),
            outputs: config.tensorOutputs(),
            maxBatchSize: Int(config.maxBatchSize)
        )
        do throws(ServingError) {
            let warmup = try Warmup(config, contract: contract, files: definition.files)
            for instance in instances { try warmup.run(on: instance, model: config.name) }
        } catch {
            throw definition.locating(error, at: "model_warmup")
        }
    }

    private func source(
        of definition: ModelDefinition,
        _ files: ModelDigests,
        version: Int64,
        engine: String
    ) -> EngineModelSource {
        let config = definition.config
        var source = EngineModelSource(
            modelName: definition.name,
            version: version,
            files: files,
            path: definition.modelPath(ofVersion: version),
            outputLimit: settings.outputLimit
        )
        source.parameters = config.parameters.mapValues(\.stringValue)
        source.engineSettings = settings.settings(forEngine: engine)
        if config.optimization.hasGraph { source.graphLevel = Int(config.optimization.graph.level) }
        source.instanceCount = config.instanceCount
        source.arenaLimit = settings.arenaLimit
        source.executionSeconds = settings.executionSeconds
        source.configurationJSON = ModelConfigJSON.print(config)
        source.autoCompletes = settings.definition.autoComplete
        source.calls = calls
        return source
    }

    private func definitionSettings(forEngine engine: String) -> DefinitionSettings {
        var definition = settings.definition
        if let size = settings.settings(forEngine: engine)["default-max-batch-size"].flatMap(Int.init) {
            definition.defaultMaxBatchSize = size
        }
        return definition
    }
}
