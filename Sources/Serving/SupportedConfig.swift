// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import InferenceProtos
internal import ModelRepository

/// What a valid configuration may ask for and this server cannot do yet. Serving such a model anyway would answer wrongly.
enum SupportedConfig {
    static func check(_ definition: ModelDefinition) throws(ServingError) {
        let config = definition.config
        for (field, isUsed) in unsupported(in: config) where isUsed {
            let what = field == ensembles ? "is an ensemble: it uses" : "uses"
            throw definition.locating(
                ServingError(
                    .unsupported,
                    "model '\(config.name)' \(what) '\(field)', which this server does not support yet"
                ),
                at: field
            )
        }
        guard config.instanceGroup.isEmpty || config.instanceCount > 0 else {
            throw definition.locating(
                ServingError(
                    .invalidArgument,
                    "every instance group of model '\(config.name)' is passive: no instance would execute its requests"
                ),
                at: "instance_group[0].passive"
            )
        }
    }

    private static let ensembles = "ensemble_scheduling"

    private static func unsupported(in config: Inference_ModelConfig) -> [(String, Bool)] {
        var (usesSequences, usesEnsemble) = (false, false)
        switch config.schedulingChoice {
        case .sequenceBatching: usesSequences = true
        case .ensembleScheduling: usesEnsemble = true
        case .dynamicBatching, nil: break
        }
        return [
            ("sequence_batching", usesSequences),
            (ensembles, usesEnsemble),
            ("batch_input", !config.batchInput.isEmpty),
            ("batch_output", !config.batchOutput.isEmpty),
            ("allow_ragged_batch", config.input.contains(where: \.allowRaggedBatch)),
            ("model_repository_agents", !config.modelRepositoryAgents.agents.isEmpty),
            ("model_operations", !config.modelOperations.opLibraryFilename.isEmpty),
            ("response_cache", config.responseCache.enable),
            ("runtime", !config.runtime.isEmpty),
        ]
    }
}

extension Inference_ModelConfig {
    /// Instances of all groups together, each of which gets a thread; `RepositoryLimits.instances` bounds them.
    var instanceCount: Int { instanceGroup.filter { !$0.passive }.reduce(0) { $0 + Int(max(0, $1.count)) } }
}

extension ServingError.Code {
    /// As Triton's log and index name a status.
    var displayName: String {
        switch self {
        case .unknown: "Unknown"
        case .internalError: "Internal"
        case .notFound: "Not found"
        case .invalidArgument: "Invalid argument"
        case .unavailable, .resourceExhausted: "Unavailable"
        case .unsupported: "Unsupported"
        case .alreadyExists: "Already exists"
        case .cancelled: "Cancelled"
        case .unauthenticated, .permissionDenied: "Permission denied"
        case .payloadTooLarge: "Too large"
        case .deadlineExceeded: "Deadline exceeded"
        }
    }
}
