// SPDX-License-Identifier: Apache-2.0
package import InferenceProtos

/// What an unset field means, written out: Triton's `GET config` shows the result.
package enum Normalization {
    static let sequenceIdleMicroseconds: UInt64 = 1_000_000
    /// ONNX Runtime on a CPU gets two instances unless the configuration says otherwise.
    static let onnxRuntimeInstances: Int32 = 2

    /// - Returns: one line for each field that was filled.
    package static func normalize(_ config: inout Inference_ModelConfig) -> [String] {
        var lines: [String] = []
        if !config.hasVersionPolicy || config.versionPolicy.policyChoice == nil {
            config.versionPolicy.latest.numVersions = 1
            lines.append("version_policy: latest 1")
        }
        normalizeScheduling(&config, lines: &lines)
        if !config.isEnsemble {
            if !config.optimization.hasInputPinnedMemory { config.optimization.inputPinnedMemory.enable = true }
            if !config.optimization.hasOutputPinnedMemory { config.optimization.outputPinnedMemory.enable = true }
        }
        return lines
    }

    private static func normalizeScheduling(_ config: inout Inference_ModelConfig, lines: inout [String]) {
        let largest = config.maxBatchSize
        switch config.schedulingChoice {
        case .dynamicBatching(var batching):
            if batching.preferredBatchSize.isEmpty, largest > 0 {
                batching.preferredBatchSize = [largest]
                lines.append("dynamic_batching.preferred_batch_size: [\(largest)]")
            }
            config.schedulingChoice = .dynamicBatching(batching)
        case .sequenceBatching(var batching):
            if batching.maxSequenceIdleMicroseconds == 0 {
                batching.maxSequenceIdleMicroseconds = sequenceIdleMicroseconds
                lines.append("sequence_batching.max_sequence_idle_microseconds: \(sequenceIdleMicroseconds)")
            }
            if case .oldest(var oldest) = batching.strategyChoice, oldest.preferredBatchSize.isEmpty, largest > 0 {
                oldest.preferredBatchSize = [largest]
                batching.strategyChoice = .oldest(oldest)
                lines.append("sequence_batching.oldest.preferred_batch_size: [\(largest)]")
            }
            config.schedulingChoice = .sequenceBatching(batching)
        case .ensembleScheduling, nil:
            break
        }
    }

    /// Instance groups of a server without GPUs; needs the backend, so it comes after auto-completion.
    ///
    /// - Returns: one line for each field that was filled.
    package static func normalizeInstanceGroups(_ config: inout Inference_ModelConfig) -> [String] {
        guard !config.isEnsemble else { return [] }
        var lines: [String] = []
        if config.instanceGroup.isEmpty {
            var group = Inference_ModelInstanceGroup()
            group.name = config.name
            config.instanceGroup = [group]
            lines.append("instance_group: one group, \"\(config.name)\"")
        }
        for index in config.instanceGroup.indices {
            if config.instanceGroup[index].name.isEmpty {
                config.instanceGroup[index].name = "\(config.name)_\(index)"
            }
            if config.instanceGroup[index].kind == .auto {
                config.instanceGroup[index].kind = .cpu
                lines.append("instance_group[\(index)].kind: KIND_CPU")
            }
            if config.instanceGroup[index].count < 1 {
                let usesTwo =
                    config.instanceGroup[index].kind == .cpu
                    && ["onnxruntime", "tensorflow"].contains(config.backend)
                config.instanceGroup[index].count = usesTwo ? onnxRuntimeInstances : 1
                lines.append("instance_group[\(index)].count: \(config.instanceGroup[index].count)")
            }
        }
        return lines
    }
}

extension Inference_ModelConfig {
    var isEnsemble: Bool {
        if case .ensembleScheduling = schedulingChoice { true } else { false }
    }
}
