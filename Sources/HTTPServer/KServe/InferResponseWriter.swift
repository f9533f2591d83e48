// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore

/// Writes the body of an answer to an infer request: JSON, then the bytes of the outputs that are carried as bytes.
package enum InferResponseWriter {
    /// Bytes that a response may have: what an `Inference-Header-Content-Length` and a body length can say in 31 bits.
    package static let byteLimit = Int(Int32.max)

    /// - Returns: the length of the JSON if bytes follow it, for the header `Inference-Header-Content-Length`; `nil` if
    ///   the body is nothing but JSON, which it also is when all outputs carried as bytes are empty.
    /// - Throws: `.invalidArgument` for an output that JSON cannot carry, `.internalError` for one whose bytes do not
    ///   fit its shape; `buffer` is then as it was.
    package static func write(
        _ response: InferenceResponse,
        requestID: String,
        modelName: String,
        version: Int64,
        plan: OutputPlan,
        into buffer: inout ByteBuffer
    ) throws(ServingError) -> Int? {
        let start = buffer.writerIndex
        do throws(ServingError) {
            return try writeBody(response, requestID, modelName, version, plan, into: &buffer)
        } catch {
            buffer.moveWriterIndex(to: start)
            throw error
        }
    }

    private static func writeBody(
        _ response: InferenceResponse,
        _ requestID: String,
        _ modelName: String,
        _ version: Int64,
        _ plan: OutputPlan,
        into buffer: inout ByteBuffer
    ) throws(ServingError) -> Int? {
        var binaryBytes = 0
        for output in response.outputs where plan.isBinary(output.name) { binaryBytes += output.bytes.count }
        // Room for the JSON of a response of ordinary size, so that one allocation holds all of it.
        try reserve(binaryBytes + 192 * (1 + response.outputs.count), in: &buffer)
        let start = buffer.writerIndex
        writeHead(response, requestID, modelName, version, into: &buffer)
        for (index, output) in response.outputs.enumerated() {
            if let slice = output.sharedMemory {
                write(output, at: slice, first: index == 0, into: &buffer)
            } else {
                try write(output, first: index == 0, binary: plan.isBinary(output.name), into: &buffer)
            }
        }
        buffer.writeStaticString("]}")
        let headerLength = buffer.writerIndex - start
        guard binaryBytes > 0 else { return nil }
        try reserve(binaryBytes, in: &buffer)
        for output in response.outputs where plan.isBinary(output.name) {
            output.bytes.withUnsafeBytes { _ = buffer.writeBytes($0) }
        }
        return headerLength
    }

    /// All up to the first output.
    private static func writeHead(
        _ response: InferenceResponse,
        _ requestID: String,
        _ modelName: String,
        _ version: Int64,
        into buffer: inout ByteBuffer
    ) {
        let space = JSONOutput.space(for: requestID) + JSONOutput.space(for: modelName) + JSONOutput.integerSpace + 64
        buffer.writeJSON(space: space) { head in
            head.byte(UInt8(ascii: "{"))
            if !requestID.isEmpty {
                head.literal("\"id\":")
                head.string(requestID)
                head.byte(UInt8(ascii: ","))
            }
            head.literal("\"model_name\":")
            head.string(modelName)
            head.literal(",\"model_version\":\"")
            head.integer(version)
            head.byte(UInt8(ascii: "\""))
        }
        if !response.parameters.isEmpty {
            buffer.writeJSONKey("parameters")
            for (index, parameter) in response.parameters.enumerated() {
                buffer.writeInteger(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
                buffer.writeJSONString(parameter.name)
                buffer.writeInteger(UInt8(ascii: ":"))
                write(parameter.value, into: &buffer)
            }
            buffer.writeInteger(UInt8(ascii: "}"))
        }
        buffer.writeStaticString(",\"outputs\":[")
    }

    static func write(_ value: ParameterValue, into buffer: inout ByteBuffer) {
        if case .string(let text) = value { return buffer.writeJSONString(text) }
        buffer.writeJSON(space: JSONOutput.floatSpace) { output in
            switch value {
            case .bool(let value): output.bool(value)
            case .int64(let value): output.integer(value)
            case .uint64(let value): output.integer(value)
            case .double(let value): DecimalTables.shared.withView { output.float(value, $0) }
            case .string: break
            }
        }
    }

    private static func write(
        _ output: OutputTensor,
        first: Bool,
        binary: Bool,
        into buffer: inout ByteBuffer
    ) throws(ServingError) {
        let space =
            JSONOutput.space(for: output.name) + (output.shape.count + 1) * (JSONOutput.integerSpace + 1) + 96
        buffer.writeJSON(space: space) { json in
            describe(output, first: first, in: &json)
            if binary {
                json.literal("],\"parameters\":{\"binary_data_size\":")
                json.integer(output.bytes.count)
                json.literal("}}")
            } else {
                json.literal("],\"data\":[")
            }
        }
        if !binary {
            try JSONTensorOutput(output: output).write(into: &buffer)
            buffer.writeStaticString("]}")
        }
    }

    /// All of an output up to its shape, without the bracket that ends it.
    private static func describe(_ output: OutputTensor, first: Bool, in json: inout JSONOutput) {
        if !first { json.byte(UInt8(ascii: ",")) }
        json.literal("{\"name\":")
        json.string(output.name)
        json.literal(",\"datatype\":")
        json.string(output.dataType.wireName)
        json.literal(",\"shape\":[")
        for index in 0..<output.shape.count {
            if index > 0 { json.byte(UInt8(ascii: ",")) }
            json.integer(output.shape[index])
        }
    }

    /// An output whose bytes are in shared memory: where, in place of what.
    private static func write(
        _ output: OutputTensor,
        at slice: SharedMemorySlice,
        first: Bool,
        into buffer: inout ByteBuffer
    ) {
        let names = JSONOutput.space(for: output.name) + JSONOutput.space(for: slice.region)
        let space = names + (output.shape.count + 2) * (JSONOutput.integerSpace + 1) + 160
        buffer.writeJSON(space: space) { json in
            describe(output, first: first, in: &json)
            json.literal("],\"parameters\":{\"shared_memory_region\":")
            json.string(slice.region)
            json.literal(",\"shared_memory_offset\":")
            json.integer(slice.offset)
            json.literal(",\"shared_memory_byte_size\":")
            json.integer(slice.byteSize)
            json.literal("}}")
        }
    }

    /// Grows `buffer`, never beyond what a body may have.
    static func reserve(_ bytes: Int, in buffer: inout ByteBuffer) throws(ServingError) {
        guard bytes <= byteLimit - buffer.writerIndex else {
            throw ServingError(.internalError, "response exceeds the maximum of \(byteLimit) bytes")
        }
        buffer.reserveCapacity(minimumWritableBytes: bytes)
    }
}
