// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import NIOCore

/// The elements of one output as the inside of a flat JSON array.
struct JSONTensorOutput {
    let output: OutputTensor

    /// Elements printed into one reservation of memory.
    private static let chunk = 1024

    func write(into buffer: inout ByteBuffer) throws(ServingError) {
        switch output.dataType {
        case .bool: try elements(UInt8.self, space: 5, &buffer) { $1.bool($0 != 0) }
        case .uint8: try integers(UInt8.self, &buffer)
        case .uint16: try integers(UInt16.self, &buffer)
        case .uint32: try integers(UInt32.self, &buffer)
        case .uint64: try integers(UInt64.self, &buffer)
        case .int8: try integers(Int8.self, &buffer)
        case .int16: try integers(Int16.self, &buffer)
        case .int32: try integers(Int32.self, &buffer)
        case .int64: try integers(Int64.self, &buffer)
        case .fp32:
            try DecimalTables.shared.withView { tables throws(ServingError) in
                try elements(Float.self, space: JSONOutput.floatSpace, &buffer) { $1.float($0, tables) }
            }
        case .fp64:
            try DecimalTables.shared.withView { tables throws(ServingError) in
                try elements(Double.self, space: JSONOutput.floatSpace, &buffer) { $1.float($0, tables) }
            }
        case .bytes: try strings(&buffer)
        case .fp16, .bf16:
            throw ServingError(
                .invalidArgument,
                "sending \(output.dataType.wireName) data via JSON is not supported. Please use the binary data format"
                    + " for output '\(output.name)'"
            )
        }
    }

    private func integers<Value: FixedWidthInteger & BitwiseCopyable>(
        _: Value.Type,
        _ buffer: inout ByteBuffer
    ) throws(ServingError) {
        try elements(Value.self, space: JSONOutput.integerSpace, &buffer) { $1.integer($0) }
    }

    @inline(__always)
    private func elements<Value: BitwiseCopyable>(
        _: Value.Type,
        space: Int,
        _ buffer: inout ByteBuffer,
        _ print: (Value, inout JSONOutput) -> Void
    ) throws(ServingError) {
        let size = MemoryLayout<Value>.size
        let count = output.bytes.count / size
        guard output.shape.elementCount == count, count * size == output.bytes.count else {
            throw ServingError(
                .internalError,
                "Failed to write 'data' field: output tensor shape does not match size of output for '\(output.name)'"
            )
        }
        try output.bytes.withUnsafeBytes { memory throws(ServingError) in
            for first in stride(from: 0, to: count, by: Self.chunk) {
                let last = min(first + Self.chunk, count)
                let needed = (last - first) * (space + 1)
                try InferResponseWriter.reserve(needed, in: &buffer)
                buffer.writeJSON(space: needed) { json in
                    for index in first..<last {
                        if index > 0 { json.byte(UInt8(ascii: ",")) }
                        print(memory.loadUnaligned(fromByteOffset: index * size, as: Value.self), &json)
                    }
                }
            }
        }
    }

    private func strings(_ buffer: inout ByteBuffer) throws(ServingError) {
        var count = 0
        let fault = try output.bytes.withUnsafeBytes { memory throws(ServingError) in
            try BytesTensor.forEachElement(of: memory) { element throws(ServingError) in
                let space = JSONOutput.space(for: element) + 1
                try InferResponseWriter.reserve(space, in: &buffer)
                buffer.writeJSON(space: space) { json in
                    if count > 0 { json.byte(UInt8(ascii: ",")) }
                    json.string(element)
                }
                count += 1
            }
        }
        guard fault == nil, output.shape.elementCount == count else {
            throw ServingError(
                .internalError,
                "output tensor shape does not match size of output for '\(output.name)'"
            )
        }
    }
}
