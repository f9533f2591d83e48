// SPDX-License-Identifier: Apache-2.0
import InferenceProtos

extension ConfigValidator {
    static func checkDynamicBatching(
        _ batching: Inference_ModelDynamicBatching,
        of config: Inference_ModelConfig,
        list: inout ProblemList
    ) {
        for (index, size) in batching.preferredBatchSize.enumerated() {
            let path = "dynamic_batching.preferred_batch_size[\(index)]"
            if size <= 0 {
                list.add("dynamic batching preferred size must be positive for \(config.name)", at: path)
            } else if size > config.maxBatchSize {
                list.add("dynamic batching preferred size must be <= max batch size for \(config.name)", at: path)
            }
        }
        checkPriorities(batching, of: config, list: &list)
        if batching.preserveOrdering {
            checkOrdering(batching, of: config, list: &list)
        }
    }

    private static func checkPriorities(
        _ batching: Inference_ModelDynamicBatching,
        of config: Inference_ModelConfig,
        list: inout ProblemList
    ) {
        let levels = batching.priorityLevels
        guard levels != 0 else { return }
        let range = 1...levels
        if !range.contains(batching.defaultPriorityLevel) {
            list.add(
                "default priority level must be in range [1, \(levels)] for \(config.name)",
                at: "dynamic_batching.default_priority_level"
            )
        }
        if batching.priorityQueuePolicy.keys.contains(where: { !range.contains($0) }) {
            list.add(
                "priority queue policy must have priority level in range [1, \(levels)] for \(config.name)",
                at: "dynamic_batching.priority_queue_policy"
            )
        }
    }

    private static func checkOrdering(
        _ batching: Inference_ModelDynamicBatching,
        of config: Inference_ModelConfig,
        list: inout ProblemList
    ) {
        if batching.priorityLevels > 1 {
            list.add(
                "Only one priority level is allowed when 'preserve_ordering' is true for \(config.name)",
                at: "dynamic_batching.priority_levels"
            )
        }
        let policies = [batching.defaultQueuePolicy] + batching.priorityQueuePolicy.values
        if policies.contains(where: { $0.defaultTimeoutMicroseconds != 0 && $0.timeoutAction == .delay }) {
            list.add(
                "Queue policy can not have DELAY as timeout action when 'preserve_ordering' is true for \(config.name)",
                at: "dynamic_batching.preserve_ordering"
            )
        }
    }
}
