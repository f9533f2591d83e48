// SPDX-License-Identifier: Apache-2.0
import InferenceProtos

extension ConfigValidator {
    /// For a server without GPUs, after normalisation.
    static func checkInstanceGroups(_ config: Inference_ModelConfig, list: inout ProblemList) {
        guard !config.isEnsemble else { return }
        if config.instanceGroup.isEmpty {
            list.add("must specify one or more 'instance group's for \(config.name)", at: "instance_group")
        }
        for (index, group) in config.instanceGroup.enumerated() {
            let path = "instance_group[\(index)]"
            let named = "instance group \(group.name) of model \(config.name)"
            switch group.kind {
            case .model where !group.gpus.isEmpty:
                list.add(named + " has kind KIND_MODEL but specifies one or more GPUs", at: path + ".gpus")
            case .cpu where !group.gpus.isEmpty:
                list.add(named + " has kind KIND_CPU but specifies one or more GPUs", at: path + ".gpus")
            case .gpu:
                list.add(named + " has kind KIND_GPU but server does not support GPUs", at: path + ".kind")
            case .auto, .UNRECOGNIZED:
                list.add(named + " has unexpected kind KIND_AUTO", at: path + ".kind")
            case .model, .cpu:
                break
            }
            if !group.profile.isEmpty, config.platform != "tensorrt_plan" {
                // Without the blank before "specifies": tools that read logs know it so.
                list.add(
                    named + " and platform \(config.platform)specifies profile field which is only supported for"
                        + " TensorRT models",
                    at: path + ".profile"
                )
            }
        }
    }
}
