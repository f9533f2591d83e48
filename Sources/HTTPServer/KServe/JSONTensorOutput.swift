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
        case .bool:
            try elements(UInt8.self, space: 6, &buffer) { value, target in
                let text: StaticString = value == 0 ? "false" : "true"
                target.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
                return text.utf8CodeUnitCount
            }
        case .uint8: try integers(UInt8.self, &buffer)
        case .uint16: try integers(UInt16.self, &buffer)
        case .uint32: try integers(UInt32.self, &buffer)
        case .uint64: try integers(UInt64.self, &buffer)
        case .int8: try integers(Int8.self, &buffer)
        case .int16: try integers(Int16.self, &buffer)
        case .int32: try integers(Int32.self, &buffer)
        case .int64: try integers(Int64.self, &buffer)
        case .fp32: try elements(Float.self, space: JSONDigits.floatSpace, &buffer) { JSONDigits.write($0, to: $1) }
        case .fp64: try elements(Double.self, space: JSONDigits.floatSpace, &buffer) { JSONDigits.write($0, to: $1) }
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
        try elements(Value.self, space: JSONDigits.integerSpace, &buffer) { JSONDigits.write($0, to: $1) }
    }

    @inline(__always)
    private func elements<Value: BitwiseCopyable>(
        _: Value.Type,
        space: Int,
        _ buffer: inout ByteBuffer,
        _ print: (Value, UnsafeMutableRawPointer) -> Int
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
                buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: needed) { target in
                    // SAFETY: `needed` bytes have room for as many elements, each with a comma.
                    let base = target.baseAddress!
                    var offset = 0
                    for index in first..<last {
                        if index > 0 {
                            base.storeBytes(of: UInt8(ascii: ","), toByteOffset: offset, as: UInt8.self)
                            offset += 1
                        }
                        let value = memory.loadUnaligned(fromByteOffset: index * size, as: Value.self)
                        offset += print(value, base + offset)
                    }
                    return offset
                }
            }
        }
    }

    private func strings(_ buffer: inout ByteBuffer) throws(ServingError) {
        var count = 0
        let fault = try output.bytes.withUnsafeBytes { memory throws(ServingError) in
            try BytesTensor.forEachElement(of: memory) { element throws(ServingError) in
                // A byte takes six at most, as `\u001F`.
                guard element.count < (InferResponseWriter.byteLimit - buffer.writerIndex) / 6 - 3 else {
                    return try InferResponseWriter.reserve(.max / 2, in: &buffer)
                }
                if count > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
                buffer.writeJSONString(element)
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
