// SPDX-License-Identifier: Apache-2.0
import InferenceProtos

extension ConfigValidator {
    static let ensemblePlatform = "ensemble"

    /// What the configuration of an ensemble tells by itself; its steps' models are checked when they are known.
    static func checkEnsemble(_ config: Inference_ModelConfig, list: inout ProblemList) {
        guard case .ensembleScheduling(let scheduling) = config.schedulingChoice else {
            if config.platform == ensemblePlatform {
                list.add(
                    "ensemble scheduling must be set for ensemble \(config.name) whose platform is ensemble",
                    at: "platform"
                )
            }
            return
        }
        if config.platform != ensemblePlatform {
            list.add(
                "ensemble scheduling cannot be set for model '\(config.name)' whose platform is not ensemble",
                at: "ensemble_scheduling"
            )
        }
        if !config.instanceGroup.isEmpty {
            list.add("instance group should not be specified for ensemble '\(config.name)'", at: "instance_group")
        }
        if config.hasOptimization {
            list.add("optimization should not be specified for ensemble '\(config.name)'", at: "optimization")
        }
        if !config.modelWarmup.isEmpty {
            list.add("model_warmup can not be specified for ensemble '\(config.name)'", at: "model_warmup")
        }
        guard !scheduling.step.isEmpty else {
            list.add("must specify 'step' for ensemble '\(config.name)'", at: "ensemble_scheduling.step")
            return
        }
        do throws(ConfigProblem) {
            try EnsembleGraph(scheduling, of: config.name).checkDataFlow(of: config)
        } catch {
            list.add(error.message, at: error.path)
        }
    }
}
