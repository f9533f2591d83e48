// SPDX-License-Identifier: Apache-2.0
internal import InferenceProtos

/// What a configuration may ask for that changes nothing here. The model serves as well without it, but whoever wrote
/// it should know.
enum UnusedFields {
    static func warnings(of config: Inference_ModelConfig) -> [String] {
        used(in: config).filter { $0.isUsed }.map { "'\($0.field)' changes nothing: \($0.reason)" }
    }

    private static func used(in config: Inference_ModelConfig) -> [(field: String, isUsed: Bool, reason: String)] {
        let groups = config.instanceGroup
        let optimization = config.optimization
        return [
            (
                "instance_group.host_policy", groups.contains { !$0.hostPolicy.isEmpty },
                "instances are not bound to cores or memory nodes"
            ),
            (
                "instance_group.rate_limiter", groups.contains(where: \.hasRateLimiter),
                "instances are not held back by resources"
            ),
            (
                "instance_group.secondary_devices", groups.contains { !$0.secondaryDevices.isEmpty },
                "no engine that is here uses a second device"
            ),
            ("optimization.eager_batching", optimization.eagerBatching, "batches are put together by the instance"),
            (
                "optimization.priority", optimization.priority != .priorityDefault,
                "the instances of all models run with the same priority"
            ),
            (
                "optimization.execution_accelerators", optimization.hasExecutionAccelerators,
                "models run on the CPU, without accelerators"
            ),
            ("model_metrics", config.hasModelMetrics, "the metrics page has no histograms"),
        ]
    }
}
