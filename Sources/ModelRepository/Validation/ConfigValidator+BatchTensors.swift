// SPDX-License-Identifier: Apache-2.0
import InferenceProtos

extension ConfigValidator {
    /// Tensors that the server computes from a batch, or splits by it.
    static func checkBatchTensors(_ config: Inference_ModelConfig, list: inout ProblemList) {
        let inputs = Set(config.input.map(\.name))
        let outputs = Set(config.output.map(\.name))
        for (index, tensor) in config.batchInput.enumerated() {
            let path = "batch_input[\(index)]"
            if case .UNRECOGNIZED(let kind) = tensor.kind {
                list.add("unknown batch input kind '\(kind)' for \(config.name)", at: path + ".kind")
            } else if tensor.sourceInput.count != 1 {
                list.add(
                    "batch input kind '\(tensor.kind.protoName)' expects 1 source input, got"
                        + " \(tensor.sourceInput.count) for \(config.name)",
                    at: path + ".source_input"
                )
            }
            if ![.typeInt32, .typeFp32].contains(tensor.dataType) {
                list.add(
                    "batch input data type must be TYPE_INT32 or TYPE_FP32 for \(config.name)",
                    at: path + ".data_type"
                )
            }
            checkSources(tensor.sourceInput, among: inputs, path: path, config: config, list: &list)
        }
        for (index, tensor) in config.batchOutput.enumerated() {
            let path = "batch_output[\(index)]"
            if case .UNRECOGNIZED(let kind) = tensor.kind {
                list.add("unknown batch output kind '\(kind)' for \(config.name)", at: path + ".kind")
            } else if tensor.sourceInput.count != 1 {
                list.add(
                    "batch output kind 'BATCH_SCATTER_WITH_INPUT_SHAPE' expects 1 source input, got"
                        + " \(tensor.sourceInput.count) for \(config.name)",
                    at: path + ".source_input"
                )
            }
            checkSources(tensor.sourceInput, among: inputs, path: path, config: config, list: &list)
            checkTargets(tensor.targetName, among: outputs, path: path, config: config, list: &list)
        }
    }

    private static func checkSources(
        _ sources: [String],
        among inputs: Set<String>,
        path: String,
        config: Inference_ModelConfig,
        list: inout ProblemList
    ) {
        for (index, source) in sources.enumerated() where !inputs.contains(source) {
            list.add("unknown source input name '\(source)' for \(config.name)", at: path + ".source_input[\(index)]")
        }
    }

    private static func checkTargets(
        _ targets: [String],
        among outputs: Set<String>,
        path: String,
        config: Inference_ModelConfig,
        list: inout ProblemList
    ) {
        var seen: Set<String> = []
        for (index, target) in targets.enumerated() {
            let path = path + ".target_name[\(index)]"
            if !outputs.contains(target) {
                list.add("unknown target output name '\(target)' for \(config.name)", at: path)
            } else if !seen.insert(target).inserted {
                list.add("target output name '\(target)' can only be specified once for \(config.name)", at: path)
            }
        }
    }
}

extension Inference_BatchInput.Kind {
    fileprivate var protoName: String {
        switch self {
        case .batchElementCount: "BATCH_ELEMENT_COUNT"
        case .batchAccumulatedElementCount: "BATCH_ACCUMULATED_ELEMENT_COUNT"
        case .batchAccumulatedElementCountWithZero: "BATCH_ACCUMULATED_ELEMENT_COUNT_WITH_ZERO"
        case .batchMaxElementCountAsShape: "BATCH_MAX_ELEMENT_COUNT_AS_SHAPE"
        case .batchItemShape: "BATCH_ITEM_SHAPE"
        case .batchItemShapeFlatten: "BATCH_ITEM_SHAPE_FLATTEN"
        case .UNRECOGNIZED(let number): String(number)
        }
    }
}
