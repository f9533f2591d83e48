// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import InferenceProtos
internal import Scheduling

extension SchedulerSettings {
    /// What the configuration of a model says about queueing and batching.
    init(
        _ config: Inference_ModelConfig,
        inputs: [TensorSpec],
        queueLimits: QueueLimits,
        inlineLimitNanoseconds: UInt64
    ) {
        var batching: DynamicBatching?
        if case .dynamicBatching(let choice) = config.schedulingChoice { batching = DynamicBatching(choice) }
        self.init(
            maxBatchSize: Int(config.maxBatchSize),
            batching: batching,
            compatibility: BatchCompatibility(inputs: inputs)
        )
        isDecoupled = config.modelTransactionPolicy.decoupled
        self.queueLimits = queueLimits
        let isCostFixed = inputs.allSatisfy { spec in
            spec.dataType != .bytes && !spec.isOptional && spec.shape.dimensions.allSatisfy { $0 >= 0 }
        }
        // What a decoupled model does before it returns may have nothing to do with what its answers cost.
        if isCostFixed && !isDecoupled { self.inlineLimitNanoseconds = inlineLimitNanoseconds }
        threadNamePrefix = config.name
    }
}

extension DynamicBatching {
    init(_ config: Inference_ModelDynamicBatching) {
        self.init()
        preferredBatchSizes = config.preferredBatchSize.map { Int($0) }
        maxQueueDelayMicroseconds = config.maxQueueDelayMicroseconds
        preserveOrdering = config.preserveOrdering
        priorityLevels = config.priorityLevels
        defaultPriorityLevel = config.defaultPriorityLevel
        defaultQueuePolicy = QueuePolicy(config.defaultQueuePolicy)
        priorityQueuePolicies = config.priorityQueuePolicy.mapValues { QueuePolicy($0) }
    }
}

extension QueuePolicy {
    init(_ config: Inference_ModelQueuePolicy) {
        self.init(
            timeoutAction: config.timeoutAction == .delay ? .delay : .reject,
            defaultTimeoutMicroseconds: config.defaultTimeoutMicroseconds,
            allowTimeoutOverride: config.allowTimeoutOverride,
            maxQueueSize: Int(config.maxQueueSize)
        )
    }
}
