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
    /// Where the configuration's text has each field; empty if there is none.
    package var positions: ConfigPositions { source.positions }

    /// Everything that is wrong with the configuration as it stands, with its places.
    package func problems(stage: ConfigValidator.Stage, limits: RepositoryLimits = .defaults) -> [ConfigProblem] {
        ConfigValidator.problems(in: config, stage: stage, limits: limits).map { $0.located(by: positions) }
    }

    /// `error` with the place in the configuration that it is about as its cause, unless it has one already.
    ///
    /// - Parameter path: the field, as in `input[0].dims`; `nil` for the tensor that the error's text names, if any.
    package func locating(_ error: ServingError, at path: String? = nil) -> ServingError {
        guard error.cause == nil, let file = configFile, let path = path ?? tensorPath(namedIn: error.message) else {
            return error
        }
        guard let position = positions.nearest(to: path) else { return error }
        var located = error
        located.place = position.place(in: file)
        located.cause = located.place?.description
        return located
    }

    private func tensorPath(namedIn text: String) -> String? {
        if let index = config.input.firstIndex(where: { text.contains("'\($0.name)'") }) { return "input[\(index)]" }
        return config.output.firstIndex { text.contains("'\($0.name)'") }.map { "output[\($0)]" }
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
            completed += try AutoComplete.complete(
                &config,
                graph: graph,
                defaultMaxBatchSize: settings.defaultMaxBatchSize
            )
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
