// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// The engine's numbers for element types: those of `TensorProto.DataType` in `onnx.proto`.
enum ElementType {
    static func number(of type: DataType) -> Int32 {
        switch type {
        case .fp32: 1
        case .uint8: 2
        case .int8: 3
        case .uint16: 4
        case .int16: 5
        case .int32: 6
        case .int64: 7
        case .bytes: 8
        case .bool: 9
        case .fp16: 10
        case .fp64: 11
        case .uint32: 12
        case .uint64: 13
        case .bf16: 16
        }
    }

    private static let byNumber = Dictionary(uniqueKeysWithValues: DataType.allCases.map { (number(of: $0), $0) })

    static func dataType(_ number: Int32) -> DataType? { byNumber[number] }

    /// Bits of one element of any numeric ONNX type, those that no tensor of a request can have included.
    static func bits(_ number: Int32) -> Int? {
        if let size = dataType(number)?.byteSize { return size * 8 }
        return switch number {
        case 14: 64  // complex64
        case 15: 128  // complex128
        case 17, 18, 19, 20, 24: 8  // the float8 types
        case 21, 22, 23: 4  // uint4, int4, float4
        default: nil
        }
    }
}
