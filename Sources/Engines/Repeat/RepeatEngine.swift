// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Triton's repeat backend: each element of `IN` comes back in a response of its own, as `OUT` with its index as `IDX`,
/// `DELAY` milliseconds after the one before it.
///
/// `WAIT` is for how long the instance is held, in milliseconds, whatever the responses do. A model that is not decoupled
/// takes exactly one element.
package struct RepeatEngine: Engine {
    package let name = "repeat"

    package init() {}

    package func open(_ source: EngineModelSource) throws(ServingError) -> any EngineModel {
        RepeatModel(OutputAllowance(modelName: source.modelName, limit: source.outputLimit))
    }
}

private final class RepeatModel: EngineModel, @unchecked Sendable {
    // SAFETY: `configure` comes before any instance is made, by the contract; nothing is written afterwards.
    private var isDecoupled = false
    private let allowance: OutputAllowance

    init(_ allowance: OutputAllowance) { self.allowance = allowance }

    var signature: GraphSignature? { nil }
    /// Each request says for itself how long it takes.
    var hasSteadyCost: Bool { false }

    func configure(_ configuration: EngineModelConfiguration) throws(ServingError) {
        try RepeatSignature.check(configuration)
        isDecoupled = configuration.isDecoupled
    }

    func makeInstance(_ index: Int) throws(ServingError) -> any EngineInstance {
        RepeatInstance(allowance, index: index, isDecoupled: isDecoupled)
    }
}

/// What a configuration must look like, with the texts of Triton's repeat backend.
enum RepeatSignature {
    private struct Tensor {
        var place: String
        var name: String
        var dataType: DataType
    }

    private static let inputs = [
        Tensor(place: "first input", name: "IN", dataType: .int32),
        Tensor(place: "second input", name: "DELAY", dataType: .uint32),
        Tensor(place: "third input", name: "WAIT", dataType: .uint32),
    ]
    private static let outputs = [
        Tensor(place: "first output", name: "OUT", dataType: .int32),
        Tensor(place: "second output", name: "IDX", dataType: .uint32),
    ]

    static func check(_ configuration: EngineModelConfiguration) throws(ServingError) {
        guard configuration.maxBatchSize == 0 else {
            throw refused("repeat backend only supports models with max_batch_size == 0")
        }
        try check(configuration.inputs, against: inputs, kind: "inputs")
        try check(configuration.outputs, against: outputs, kind: "outputs")
        let shape = configuration.inputs[0].shape
        guard shape.count == 1 else { throw refused("expected IN shape to have one dimension, got \(shape)") }
        guard shape == configuration.inputs[1].shape else {
            throw refused("expected IN and DELAY shape to match, got \(shape) and \(configuration.inputs[1].shape)")
        }
        for tensor in [configuration.inputs[2]] + configuration.outputs where tensor.shape != [1] {
            throw refused("expected \(tensor.name) shape to be [1], got \(tensor.shape)")
        }
    }

    private static func check(
        _ given: [TensorSpec],
        against expected: [Tensor],
        kind: String
    ) throws(ServingError) {
        guard given.count == expected.count else {
            throw refused("expected \(expected.count) \(kind), got \(given.count)")
        }
        for (tensor, wanted) in zip(given, expected) {
            guard tensor.name == wanted.name else {
                throw refused("expected \(wanted.place) tensor name to be \(wanted.name), got \(tensor.name)")
            }
            guard tensor.dataType == wanted.dataType else {
                throw refused(
                    "expected \(wanted.name) datatype to be \(wanted.dataType.wireName), "
                        + "got \(tensor.dataType.configName)"
                )
            }
        }
    }

    private static func refused(_ text: String) -> ServingError { ServingError(.invalidArgument, text) }
}
