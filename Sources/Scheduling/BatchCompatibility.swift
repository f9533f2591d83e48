// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Which requests of a model may share a batch.
///
/// Inputs with a variable dimension must have equal shapes, the batch dimension aside, unless they may be ragged.
/// If any input is optional, requests must bring the same inputs.
package struct BatchCompatibility: Sendable {
    private let equalShapes: [String]
    private let sameInputs: Bool

    /// `nil` if every two requests are compatible, so that nothing need be compared.
    package init?(inputs: [TensorSpec]) {
        equalShapes = inputs.filter { !$0.allowsRaggedBatch && $0.shape.dimensions.contains { $0 < 0 } }.map(\.name)
        sameInputs = inputs.contains(where: \.isOptional)
        if equalShapes.isEmpty && !sameInputs { return nil }
    }

    package func areCompatible(_ first: InferenceRequest, _ second: InferenceRequest) -> Bool {
        let (left, right) = (first.fields.inputs, second.fields.inputs)
        if sameInputs && left.count != right.count { return false }
        for index in right.indices {
            guard let match = Self.position(of: right[index].name, in: left, expectedAt: index) else {
                if sameInputs { return false }
                continue
            }
            let mustMatch = equalShapes.contains(right[index].name)
            if mustMatch && !Self.equalBeyondBatch(left[match].shape, right[index].shape) { return false }
        }
        return true
    }

    /// Clients send inputs in the same order nearly always, so the search is the exception.
    private static func position(of name: String, in inputs: [InputTensor], expectedAt index: Int) -> Int? {
        if index < inputs.count, inputs[index].name == name { return index }
        return inputs.firstIndex { $0.name == name }
    }

    private static func equalBeyondBatch(_ left: Shape, _ right: Shape) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where index > 0 && left[index] != right[index] { return false }
        return true
    }
}
