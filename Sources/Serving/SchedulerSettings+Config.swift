// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import InferenceProtos
internal import Scheduling

extension SchedulerSettings {
    /// What the configuration of a model says about queueing and batching.
    init(_ config: Inference_ModelConfig, inputs: [TensorSpec], queueLimits: QueueLimits) {
        var batching: DynamicBatching?
        if case .dynamicBatching(let choice) = config.schedulingChoice { batching = DynamicBatching(choice) }
        self.init(
            maxBatchSize: Int(config.maxBatchSize),
            batching: batching,
            compatibility: BatchCompatibility(inputs: inputs)
        )
        isDecoupled = config.modelTransactionPolicy.decoupled
        self.queueLimits = queueLimits
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
