// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Compares a configuration with what the model file declares. The texts are Triton's: its users and their scripts
/// look for them in logs and in the repository index.
struct GraphMatch {
    let modelName: String
    let graph: GraphSignature
    let configuration: EngineModelConfiguration

    func check() throws(ServingError) {
        guard configuration.inputs.count == graph.inputs.count else {
            throw invalid(
                "unable to load model '\(modelName)', configuration expects \(configuration.inputs.count) inputs, "
                    + "model provides \(graph.inputs.count)"
            )
        }
        for spec in configuration.inputs { try check(spec, kind: "input", among: graph.inputs) }
        for spec in configuration.outputs { try check(spec, kind: "output", among: graph.outputs) }
    }

    private func check(_ spec: TensorSpec, kind: String, among tensors: [GraphTensor]) throws(ServingError) {
        guard let tensor = tensors.first(where: { $0.name == spec.name }) else {
            let allowed = tensors.map(\.name).sorted().joined(separator: ", ")
            throw invalid("unexpected inference \(kind) '\(spec.name)', allowed \(kind)s are: \(allowed)")
        }
        guard tensor.dataType == spec.dataType else {
            throw invalid(
                "unable to load model '\(modelName)', configuration expects datatype \(spec.dataType.configName) for "
                    + "\(kind) '\(spec.name)', model provides \(tensor.dataType.configName)"
            )
        }
        try check(shape: spec.engineShape ?? spec.shape, of: tensor)
    }

    private func check(shape: Shape, of tensor: GraphTensor) throws(ServingError) {
        let prefix = "model '\(modelName)', tensor '\(tensor.name)': "
        let batches = configuration.maxBatchSize > 0
        if batches, tensor.shape.count == 0 || tensor.shape[0] != -1 {
            throw invalid(
                prefix + "for the model to support batching the shape should have at least 1 dimension and the first "
                    + "dimension must be -1; but shape expected by the model is \(tensor.shape)"
            )
        }
        let full = batches ? shape.prepending(-1) : shape
        // A tensor without dimensions is configured with one of size 1, as a configuration cannot be without.
        if !batches, tensor.shape.count == 0, shape == [1] { return }
        guard !Self.agree(full, tensor.shape) else { return }
        let detail =
            batches
            ? "\(full.count) dimensions (an initial batch dimension because max_batch_size > 0 followed by the explicit "
                + "tensor shape, making complete shape \(full))"
            : "\(full.count) dimensions (shape \(full))"
        throw invalid(
            prefix + "the model expects \(tensor.shape.count) dimensions (shape \(tensor.shape)) but the model "
                + "configuration specifies \(detail)"
        )
    }

    private static func agree(_ configured: Shape, _ declared: Shape) -> Bool {
        guard configured.count == declared.count else { return false }
        return (0..<configured.count).allSatisfy { index in
            configured[index] == -1 || declared[index] == -1 || configured[index] == declared[index]
        }
    }

    private func invalid(_ text: String) -> ServingError { ServingError(.invalidArgument, text) }
}
