// SPDX-License-Identifier: Apache-2.0
package import Inference
package import InferenceProtos

/// Triton's checks of one model's configuration, with its texts and in its order; the limits come first.
///
/// All problems are collected, so that `buckler check` can show them at once. A load fails with the first.
package enum ConfigValidator {
    package enum Stage: Sendable {
        /// Inputs, outputs and instance groups may still be missing.
        case beforeAutoComplete
        case complete
    }

    /// - Parameter config: normalised.
    package static func problems(
        in config: Inference_ModelConfig,
        stage: Stage,
        limits: RepositoryLimits = .defaults
    ) -> [ConfigProblem] {
        var list = ProblemList()
        checkLimits(of: config, limits: limits, list: &list)
        // What is over a limit is not walked through.
        guard list.problems.isEmpty else { return list.problems }
        checkModel(config, list: &list)
        if case .dynamicBatching(let batching) = config.schedulingChoice {
            checkDynamicBatching(batching, of: config, list: &list)
        }
        if case .sequenceBatching(let batching) = config.schedulingChoice {
            checkSequenceBatching(batching, of: config, list: &list)
        }
        checkEnsemble(config, list: &list)
        checkResponseCache(config, list: &list)
        checkMetrics(config, list: &list)
        if stage == .complete {
            checkTensors(config, list: &list)
            checkBatchTensors(config, list: &list)
            checkInstanceGroups(config, list: &list)
        }
        return list.problems
    }

    /// - Throws: the first problem, as `.invalidArgument`.
    package static func validate(
        _ config: Inference_ModelConfig,
        stage: Stage,
        limits: RepositoryLimits = .defaults
    ) throws(ServingError) {
        if let first = problems(in: config, stage: stage, limits: limits).first { throw first.servingError() }
    }

    private static let platformsByBackend: [String: Set<String>] = [
        "tensorflow": ["tensorflow_graphdef", "tensorflow_savedmodel"],
        "tensorrt": ["tensorrt_plan"],
        "onnxruntime": ["onnxruntime_onnx"],
        "pytorch": ["pytorch_libtorch", "torch_aoti"],
    ]

    /// As in Triton, a platform and a backend that it knows belong together, and so do two that it does not know.
    private static func isPair(_ platform: String, _ backend: String) -> Bool {
        let owner = platformsByBackend.first { $0.value.contains(platform) }?.key
        return owner == (platformsByBackend[backend] == nil ? nil : backend)
    }

    private static func missingBackendHint(_ config: Inference_ModelConfig) -> String {
        let example = config.defaultModelFilename.hasSuffix(".onnx") ? ", as in backend: \"onnxruntime\"" : ""
        return ": set 'backend'\(example)"
    }

    private static func checkModel(_ config: Inference_ModelConfig, list: inout ProblemList) {
        if config.name.isEmpty {
            list.add("model configuration must specify 'name'", at: "name")
        }
        let isEnsemble = config.platform == ensemblePlatform
        if config.backend.isEmpty, !isEnsemble {
            let hint = config.platform.isEmpty ? missingBackendHint(config) : ""
            list.add("unexpected platform type '\(config.platform)' for \(config.name)\(hint)", at: "platform")
        }
        if !config.backend.isEmpty, isEnsemble {
            list.add(
                "Ensemble model '\(config.name)' must have platform type '\(config.platform)' and empty backend type",
                at: "backend"
            )
        }
        if config.backend.isEmpty, config.platform.isEmpty {
            list.add("must specify 'platform' or 'backend' for '\(config.name)'", at: "backend")
        }
        if !config.backend.isEmpty, !isEnsemble, !isPair(config.platform, config.backend) {
            list.add(
                "unexpected 'platform' and 'backend' pair, got:\(config.platform), \(config.backend)",
                at: "platform"
            )
        }
        if (try? RelativePath(config.runtime)) == nil {
            list.add("backend library name '\(config.runtime)' escapes backend directory", at: "runtime")
        }
        if config.maxBatchSize < 0 {
            list.add("'max_batch_size' must be non-negative value for \(config.name)", at: "max_batch_size")
        }
        if !config.hasVersionPolicy {
            list.add("must specify 'version policy' for \(config.name)", at: "version_policy")
        }
    }

    private static func checkResponseCache(_ config: Inference_ModelConfig, list: inout ProblemList) {
        guard config.responseCache.enable else { return }
        if config.modelTransactionPolicy.decoupled {
            list.add(
                "Response Cache does not currently support model \(config.name) with 'decoupled' transaction policy."
                    + " Please disable the response cache.",
                at: "response_cache.enable"
            )
        }
    }

    private static func checkMetrics(_ config: Inference_ModelConfig, list: inout ProblemList) {
        for (index, control) in config.modelMetrics.metricControl.enumerated() {
            let path = "model_metrics.metric_control[\(index)]"
            if !control.hasMetricIdentifier {
                list.add("metric control must specify 'metric_identifier'", at: path)
            } else if control.metricIdentifier.family.isEmpty {
                list.add("metric identifier must specify non-empty 'family'", at: path + ".metric_identifier.family")
            }
            if control.metricOptions == nil {
                list.add("metric control must specify 'histogram_options'", at: path)
            } else if control.histogramOptions.buckets.isEmpty {
                list.add("histogram options must specify non-empty 'buckets'", at: path + ".histogram_options.buckets")
            }
        }
    }
}
