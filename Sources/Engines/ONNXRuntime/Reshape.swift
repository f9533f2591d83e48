// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Turns a shape as clients see it into the one that the engine sees, and back.
struct Reshape: Sendable, Equatable {
    private let from: Shape
    private let to: Shape
    private let keepsBatch: Bool

    /// `nil` where both sides see the same.
    static func entering(_ tensor: ExecutionPlan.Tensor, batches: Bool) -> Reshape? {
        engineShape(tensor, batches: batches).map { Reshape(from: tensor.spec.shape, to: $0, keepsBatch: batches) }
    }

    static func leaving(_ tensor: ExecutionPlan.Tensor, batches: Bool) -> Reshape? {
        engineShape(tensor, batches: batches).map { Reshape(from: $0, to: tensor.spec.shape, keepsBatch: batches) }
    }

    private static func engineShape(_ tensor: ExecutionPlan.Tensor, batches: Bool) -> Shape? {
        if let shape = tensor.spec.engineShape { return shape }
        // A configuration has no way to declare a tensor without dimensions but with one of size 1.
        return !batches && tensor.rank == 0 && tensor.spec.shape == [1] ? [] : nil
    }

    init(from: Shape, to: Shape, keepsBatch: Bool) {
        self.from = from
        self.to = to
        self.keepsBatch = keepsBatch
    }

    /// The sizes of variable dimensions go over in order.
    /// - Returns: `nil` if `shape` is not of the expected kind or the number of elements would change.
    func apply(_ shape: Shape) -> Shape? {
        let first = keepsBatch ? 1 : 0
        guard shape.count == from.count + first else { return nil }
        var variable: [Int64] = []
        for index in 0..<from.count where from[index] == -1 { variable.append(shape[index + first]) }
        var result = Shape()
        if keepsBatch { result.append(shape[0]) }
        var taken = 0
        for index in 0..<to.count {
            if to[index] != -1 {
                result.append(to[index])
            } else {
                guard taken < variable.count else { return nil }
                result.append(variable[taken])
                taken += 1
            }
        }
        guard taken == variable.count, let count = result.elementCount, count == shape.elementCount else { return nil }
        return result
    }
}
