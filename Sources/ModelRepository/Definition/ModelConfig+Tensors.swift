// SPDX-License-Identifier: Apache-2.0
package import Inference
package import InferenceProtos

extension Inference_DataType {
    package init(_ dataType: DataType) {
        // The raw values of `DataType` are this enumeration's numbers.
        self = Self(rawValue: Int(dataType.rawValue)) ?? .typeInvalid
    }

    /// `nil` for `TYPE_INVALID` and for numbers that this version does not know.
    package var dataType: DataType? {
        UInt8(exactly: rawValue).flatMap(DataType.init(rawValue:))
    }
}

extension Inference_ModelConfig {
    /// The inputs of a validated configuration, without the batch dimension.
    package func tensorInputs() -> [TensorSpec] {
        input.compactMap { input in
            input.dataType.dataType.map {
                TensorSpec(
                    name: input.name,
                    dataType: $0,
                    shape: Shape(input.dims),
                    engineShape: input.hasReshape ? Shape(input.reshape.shape) : nil,
                    isOptional: input.optional,
                    allowsRaggedBatch: input.allowRaggedBatch
                )
            }
        }
    }

    /// The outputs of a validated configuration, without the batch dimension.
    package func tensorOutputs() -> [TensorSpec] {
        output.compactMap { output in
            output.dataType.dataType.map {
                TensorSpec(
                    name: output.name,
                    dataType: $0,
                    shape: Shape(output.dims),
                    engineShape: output.hasReshape ? Shape(output.reshape.shape) : nil
                )
            }
        }
    }
}
