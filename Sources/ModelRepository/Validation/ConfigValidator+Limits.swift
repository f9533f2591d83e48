// SPDX-License-Identifier: Apache-2.0
import InferenceProtos

extension ConfigValidator {
    /// How much of everything a configuration may have.
    static func checkLimits(of config: Inference_ModelConfig, limits: RepositoryLimits, list: inout ProblemList) {
        checkCounts(of: config, limits: limits, list: &list)
        checkTensorLimits(of: config, limits: limits, list: &list)
        checkInstanceLimits(of: config, limits: limits, list: &list)
        checkEnsembleLimits(of: config, limits: limits, list: &list)
        checkDelays(of: config, limits: limits, list: &list)
    }

    /// Requests of a model that waits for years would be as lost, and hold as much, as those of one that never answers.
    private static func checkDelays(
        of config: Inference_ModelConfig,
        limits: RepositoryLimits,
        list: inout ProblemList
    ) {
        let (path, delay): (String, UInt64)
        switch config.schedulingChoice {
        case .dynamicBatching(let batching):
            (path, delay) = ("dynamic_batching", batching.maxQueueDelayMicroseconds)
        case .sequenceBatching(let batching):
            switch batching.strategyChoice {
            case .direct(let direct):
                (path, delay) = ("sequence_batching.direct", direct.maxQueueDelayMicroseconds)
            case .oldest(let oldest):
                (path, delay) = ("sequence_batching.oldest", oldest.maxQueueDelayMicroseconds)
            case nil: return
            }
        case .ensembleScheduling, nil: return
        }
        guard delay > limits.queueDelayMicroseconds else { return }
        let field = path + ".max_queue_delay_microseconds"
        list.add(
            "'\(field)' of model '\(config.name)' is \(delay), at most \(limits.queueDelayMicroseconds) is allowed",
            at: field
        )
    }

    private static func checkCounts(
        of config: Inference_ModelConfig,
        limits: RepositoryLimits,
        list: inout ProblemList
    ) {
        let counts = [
            ("input", config.input.count, limits.inputs),
            ("output", config.output.count, limits.outputs),
            ("batch_input", config.batchInput.count, limits.inputs),
            ("batch_output", config.batchOutput.count, limits.outputs),
            ("parameters", config.parameters.count, limits.entries),
            ("metric_tags", config.metricTags.count, limits.entries),
            ("model_warmup", config.modelWarmup.count, limits.entries),
            ("model_metrics.metric_control", config.modelMetrics.metricControl.count, limits.entries),
        ]
        for (field, count, limit) in counts { check(count, of: field, limit: limit, config: config, list: &list) }
        switch config.schedulingChoice {
        case .dynamicBatching(let batching):
            check(
                batching.preferredBatchSize.count,
                of: "dynamic_batching.preferred_batch_size",
                limit: limits.entries,
                config: config,
                list: &list
            )
            check(
                batching.priorityQueuePolicy.count,
                of: "dynamic_batching.priority_queue_policy",
                limit: limits.entries,
                config: config,
                list: &list
            )
        case .sequenceBatching(let batching):
            check(
                batching.controlInput.count,
                of: "sequence_batching.control_input",
                limit: limits.entries,
                config: config,
                list: &list
            )
            check(
                batching.state.count,
                of: "sequence_batching.state",
                limit: limits.entries,
                config: config,
                list: &list
            )
        case .ensembleScheduling, nil:
            break
        }
    }

    private static func checkTensorLimits(
        of config: Inference_ModelConfig,
        limits: RepositoryLimits,
        list: inout ProblemList
    ) {
        checkName(config.name, at: "name", limits: limits, list: &list)
        let tensors =
            config.input.enumerated().map { ("input[\($0)]", $1.name, $1.dims.count, $1.reshape.shape.count) }
            + config.output.enumerated().map { ("output[\($0)]", $1.name, $1.dims.count, $1.reshape.shape.count) }
        for (path, name, dims, reshape) in tensors {
            checkName(name, at: path + ".name", limits: limits, list: &list)
            check(dims, of: path + ".dims", limit: limits.dimensions, config: config, list: &list)
            check(reshape, of: path + ".reshape.shape", limit: limits.dimensions, config: config, list: &list)
        }
    }

    private static func checkInstanceLimits(
        of config: Inference_ModelConfig,
        limits: RepositoryLimits,
        list: inout ProblemList
    ) {
        check(
            config.instanceGroup.count,
            of: "instance_group",
            limit: limits.instanceGroups,
            config: config,
            list: &list
        )
        // A sum of at most `instanceGroups` 32-bit numbers fits 64 bits.
        let instances = config.instanceGroup.prefix(limits.instanceGroups).reduce(0) { $0 + Int(max($1.count, 1)) }
        if instances > limits.instances {
            list.add(
                "model '\(config.name)' specifies \(instances) instances, at most \(limits.instances) are allowed",
                at: "instance_group"
            )
        }
        for (index, group) in config.instanceGroup.prefix(limits.instanceGroups).enumerated() {
            checkName(group.name, at: "instance_group[\(index)].name", limits: limits, list: &list)
        }
    }

    private static func checkEnsembleLimits(
        of config: Inference_ModelConfig,
        limits: RepositoryLimits,
        list: inout ProblemList
    ) {
        guard case .ensembleScheduling(let scheduling) = config.schedulingChoice else { return }
        check(
            scheduling.step.count,
            of: "ensemble_scheduling.step",
            limit: limits.ensembleSteps,
            config: config,
            list: &list
        )
        for (index, step) in scheduling.step.prefix(limits.ensembleSteps).enumerated() {
            let path = "ensemble_scheduling.step[\(index)]"
            check(step.inputMap.count, of: path + ".input_map", limit: limits.inputs, config: config, list: &list)
            check(step.outputMap.count, of: path + ".output_map", limit: limits.outputs, config: config, list: &list)
            checkName(step.modelName, at: path + ".model_name", limits: limits, list: &list)
        }
    }

    private static func check(
        _ count: Int,
        of field: String,
        limit: Int,
        config: Inference_ModelConfig,
        list: inout ProblemList
    ) {
        guard count > limit else { return }
        list.add("'\(field)' of model '\(config.name)' has \(count) entries, at most \(limit) are allowed", at: field)
    }

    private static func checkName(_ name: String, at path: String, limits: RepositoryLimits, list: inout ProblemList) {
        guard name.utf8.count > limits.nameBytes else { return }
        list.add("'\(path)' has \(name.utf8.count) bytes, at most \(limits.nameBytes) are allowed", at: path)
    }
}
