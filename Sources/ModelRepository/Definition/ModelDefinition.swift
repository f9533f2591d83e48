// SPDX-License-Identifier: Apache-2.0
package import Inference
package import InferenceProtos

/// How models are read, the same for the whole server.
package struct DefinitionSettings: Sendable {
    /// `false` with `--disable-auto-complete-config`.
    package var autoComplete = true
    /// `--backend-config=default-max-batch-size=N`, or the same for one backend.
    package var defaultMaxBatchSize = 4
    package var limits = RepositoryLimits.defaults

    package init() {}
}

/// Everything that a model's directory says about it: what is loaded next, but for what only the model file knows.
package struct ModelDefinition: Sendable {
    package var name: String
    /// Normalised; complete once ``complete(with:settings:)`` has run.
    package var config: Inference_ModelConfig
    package var files: any ModelFiles
    /// What the version policy picks, ascending; never empty.
    package var versions: [Int64]
    /// By the name of the output.
    package var labels: [String: [String]]
    /// For the log: versions that were ignored, links that were followed.
    package var warnings: [String]
    /// One line for each field that was filled in, for a reader.
    package var completed: [String]
    let source: ConfigSource

    /// Whether a configuration was given, on disk or in the load request.
    package var isConfigured: Bool { source.isGiven }
    /// Relative to the model's directory; `nil` if the configuration was not read from it.
    package var configFile: String? { source.file }
    /// What was read from ``configFile``.
    package var configText: TensorBytes? { source.text }
    /// Where the configuration's text has each field; empty if there is none.
    package var positions: ConfigPositions { source.positions }

    /// Everything that is wrong with the configuration as it stands, with its places.
    package func problems(stage: ConfigValidator.Stage, limits: RepositoryLimits = .defaults) -> [ConfigProblem] {
        ConfigValidator.problems(in: config, stage: stage, limits: limits).map { $0.located(by: positions) }
    }

    /// `error` with the place in the configuration that it is about, unless it has one already or the text lacks it.
    ///
    /// - Parameter path: the field, as in `input[0].dims`; `nil` for the tensor or parameter that the text names.
    package func locating(_ error: ServingError, at path: String? = nil) -> ServingError {
        guard let path = path ?? self.path(namedIn: error.message) else { return error }
        return source.locating(error, at: path)
    }

    /// Of an engine that this server does not have: whatever of the configuration chose it.
    package func locatingEngine(_ error: ServingError) -> ServingError {
        source.locating(error, at: "backend", "platform", "default_model_filename")
    }

    /// The same for an engine that does not take the configuration, which may have found too many tensors or too few.
    package func locatingConfiguration(_ error: ServingError) -> ServingError {
        let found = path(namedIn: error.message)
        let text = error.message
        if found == nil, text.contains("max_batch_size") { return source.locating(error, at: "max_batch_size") }
        if found == nil, text.contains(" inputs") { return source.locating(error, at: "input") }
        if found == nil, text.contains(" outputs") { return source.locating(error, at: "output") }
        return locating(error, at: found)
    }

    private func path(namedIn text: String) -> String? {
        if let index = config.input.firstIndex(where: { text.contains("'\($0.name)'") }) { return "input[\(index)]" }
        if let index = config.output.firstIndex(where: { text.contains("'\($0.name)'") }) { return "output[\(index)]" }
        if text.contains("graph optimization level") { return "optimization.graph.level" }
        let key = config.parameters.keys.sorted().first { text.contains("'\($0)'") || text.contains("sets \($0),") }
        return key.map { "parameters[\"\($0)\"]" }
    }

    /// ``warnings``, and what has come up since while the engine read the model's files.
    package var allWarnings: [String] {
        let later = (files as? ModelDirectory)?.warnings ?? []
        return warnings + later.filter { !warnings.contains($0) }
    }

    /// Where the model's file lies: a path beneath the model's directory.
    package func modelPath(ofVersion version: Int64) -> String {
        "\(version)/\(config.defaultModelFilename)"
    }

    /// The last step: fills what only the graph can tell, then checks all of it.
    ///
    /// - Parameter graph: `nil` if the engine knows of none, or has no say.
    /// - Throws: `.invalidArgument` with Triton's text for the first problem.
    package mutating func complete(with graph: GraphSignature?, settings: DefinitionSettings) throws(ServingError) {
        if let graph, settings.autoComplete {
            do throws(ServingError) {
                completed += try AutoComplete.complete(
                    &config,
                    graph: graph,
                    defaultMaxBatchSize: settings.defaultMaxBatchSize
                )
            } catch {
                throw source.locating(error, at: "max_batch_size")
            }
            completed += Normalization.normalize(&config)
        }
        try source.validate(config, stage: .complete, limits: settings.limits)
    }

    /// The last step for a model whose own code completes its configuration, as Triton's Python backend lets it: tensors,
    /// batching and transaction policy are taken over, nothing else is.
    ///
    /// - Parameter text: the whole configuration as the model has it, as JSON.
    package mutating func complete(withOwn text: String, settings: DefinitionSettings) throws(ServingError) {
        var limits = ConfigTextLimits()
        limits.bytes = settings.limits.configurationBytes
        let own: Inference_ModelConfig
        do throws(ConfigSyntaxError) {
            own = try ModelConfigJSON.parse(text, limits: limits).config
        } catch {
            throw ServingError(
                .invalidArgument,
                "auto_complete_config of model '\(name)' returned no valid configuration: \(error)"
            )
        }
        completed += AutoComplete.takeOver(&config, from: own)
        completed += Normalization.normalize(&config)
        try source.validate(config, stage: .complete, limits: settings.limits)
    }
}
