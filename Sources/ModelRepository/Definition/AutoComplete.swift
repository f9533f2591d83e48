// SPDX-License-Identifier: Apache-2.0
package import Inference
package import InferenceProtos

/// The last step of auto-completion: what the model's own graph says.
package enum AutoComplete {
    /// Fills inputs, outputs, the largest batch and the dynamic batcher as Triton's ONNX Runtime backend does: only if
    /// inputs or outputs are missing, and then only those that are.
    ///
    /// - Parameter defaultMaxBatchSize: of a model that can batch and does not say how far; 4 unless the server is told
    ///   otherwise.
    /// - Returns: one line for each field that was filled; empty if the configuration was complete.
    /// - Throws: `.invalidArgument` if `max_batch_size` is set and the graph can not batch.
    package static func complete(
        _ config: inout Inference_ModelConfig,
        graph: GraphSignature,
        defaultMaxBatchSize: Int
    ) throws(ServingError) -> [String] {
        let needsInputs = config.input.isEmpty && config.batchInput.isEmpty
        let needsOutputs = config.output.isEmpty
        guard needsInputs || needsOutputs else { return [] }
        var lines = try completeBatching(&config, graph: graph, defaultMaxBatchSize: defaultMaxBatchSize)
        let isBatching = config.maxBatchSize > 0
        if needsInputs {
            config.input = graph.inputs.map { input($0, isBatching: isBatching) }
            lines.append("input: \(names(graph.inputs)), from the model's graph")
        }
        if needsOutputs {
            config.output = graph.outputs.map { output($0, isBatching: isBatching) }
            lines.append("output: \(names(graph.outputs)), from the model's graph")
        }
        return lines
    }

    /// - Returns: one line for each field that the model's code has changed.
    static func takeOver(_ config: inout Inference_ModelConfig, from own: Inference_ModelConfig) -> [String] {
        var lines: [String] = []
        func take<Field: Equatable>(_ field: WritableKeyPath<Inference_ModelConfig, Field>, _ name: String) {
            guard config[keyPath: field] != own[keyPath: field] else { return }
            config[keyPath: field] = own[keyPath: field]
            lines.append("\(name), from the model's auto_complete_config")
        }
        take(\.maxBatchSize, "max_batch_size")
        take(\.input, "input")
        take(\.output, "output")
        if case .dynamicBatching = own.schedulingChoice { take(\.schedulingChoice, "dynamic_batching") }
        if own.hasModelTransactionPolicy { take(\.modelTransactionPolicy, "model_transaction_policy") }
        return lines
    }

    private static func completeBatching(
        _ config: inout Inference_ModelConfig,
        graph: GraphSignature,
        defaultMaxBatchSize: Int
    ) throws(ServingError) -> [String] {
        let canBatch = (graph.inputs + graph.outputs).allSatisfy { $0.shape.count > 0 && $0.shape[0] == -1 }
        guard canBatch else {
            guard config.maxBatchSize == 0 else {
                throw ServingError(
                    .invalidArgument,
                    "autofill failed for model '\(config.name)': model does not support batching while non-zero"
                        + " max_batch_size is specified"
                )
            }
            return []
        }
        var lines: [String] = []
        if config.maxBatchSize == 0 {
            config.maxBatchSize = Int32(clamping: max(defaultMaxBatchSize, 0))
            lines.append(
                "max_batch_size: \(config.maxBatchSize), since every tensor of the graph has a batch dimension"
            )
        }
        if config.maxBatchSize > 1, config.schedulingChoice == nil {
            config.dynamicBatching = Inference_ModelDynamicBatching()
            lines.append("dynamic_batching {}, since the model batches and no scheduler is specified")
        }
        return lines
    }

    private static func names(_ tensors: [GraphTensor]) -> String {
        tensors.map { "\"\($0.name)\"" }.joined(separator: ", ")
    }

    private static func input(_ tensor: GraphTensor, isBatching: Bool) -> Inference_ModelInput {
        var input = Inference_ModelInput()
        input.name = tensor.name
        input.dataType = Inference_DataType(tensor.dataType)
        let (dims, isScalar) = dimensions(tensor, isBatching: isBatching)
        input.dims = dims
        if isScalar && isBatching { input.reshape = Inference_ModelTensorReshape() }
        return input
    }

    private static func output(_ tensor: GraphTensor, isBatching: Bool) -> Inference_ModelOutput {
        var output = Inference_ModelOutput()
        output.name = tensor.name
        output.dataType = Inference_DataType(tensor.dataType)
        let (dims, isScalar) = dimensions(tensor, isBatching: isBatching)
        output.dims = dims
        if isScalar && isBatching { output.reshape = Inference_ModelTensorReshape() }
        return output
    }

    /// A configuration has no way to write a shape without dimensions: it says `[ 1 ]`, reshaped to nothing.
    private static func dimensions(_ tensor: GraphTensor, isBatching: Bool) -> (dims: [Int64], isScalar: Bool) {
        let dims = Array(tensor.shape.dimensions.dropFirst(isBatching ? 1 : 0))
        return dims.isEmpty ? ([1], true) : (dims, false)
    }
}
