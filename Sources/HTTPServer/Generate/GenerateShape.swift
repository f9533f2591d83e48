// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// What shape the elements of a generate request's input have, which says nothing of it.
enum GenerateShape {
    /// Fixed dimensions divide the elements among themselves; the innermost variable one gets what is left, and the
    /// others, the batch dimension too, are 1.
    ///
    /// - Parameter shape: as the model's metadata has it: the batch dimension, if any, in front.
    /// - Throws: `.invalidArgument` if the elements cannot be divided so.
    static func deduce(_ shape: Shape, elementCount: Int, input: String) throws(ServingError) -> Shape {
        var left = Int64(elementCount)
        for index in 0..<shape.count where shape[index] >= 0 {
            guard shape[index] > 0, left % shape[index] == 0 else { throw mismatch(input) }
            left /= shape[index]
        }
        var result = shape
        for index in (0..<shape.count).reversed() where shape[index] < 0 {
            result[index] = left
            left = 1
        }
        guard left == 1 else { throw mismatch(input) }
        return result
    }

    private static func mismatch(_ input: String) -> ServingError {
        ServingError(.invalidArgument, "The schema can not convert input '\(input)' to tensor with proper shape")
    }
}
