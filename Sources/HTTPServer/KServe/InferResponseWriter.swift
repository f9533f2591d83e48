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
        buffer.writeJSONKey("outputs")
        buffer.writeInteger(UInt8(ascii: "["))
        for (index, output) in response.outputs.enumerated() {
            if index > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
            try write(output, binary: plan.isBinary(output.name), into: &buffer)
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

    private static func writeHead(
        _ response: InferenceResponse,
        _ requestID: String,
        _ modelName: String,
        _ version: Int64,
        into buffer: inout ByteBuffer
    ) {
        buffer.writeInteger(UInt8(ascii: "{"))
        if !requestID.isEmpty {
            buffer.writeJSONKey("id", first: true)
            buffer.writeJSONString(requestID)
        }
        buffer.writeJSONKey("model_name", first: requestID.isEmpty)
        buffer.writeJSONString(modelName)
        buffer.writeStaticString(",\"model_version\":\"")
        buffer.writeJSONInteger(version)
        buffer.writeInteger(UInt8(ascii: "\""))
        guard !response.parameters.isEmpty else { return }
        buffer.writeJSONKey("parameters")
        for (index, parameter) in response.parameters.enumerated() {
            buffer.writeInteger(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
            buffer.writeJSONString(parameter.name)
            buffer.writeInteger(UInt8(ascii: ":"))
            write(parameter.value, into: &buffer)
        }
        buffer.writeInteger(UInt8(ascii: "}"))
    }

    private static func write(_ value: ParameterValue, into buffer: inout ByteBuffer) {
        switch value {
        case .bool(let value): buffer.writeJSONBool(value)
        case .int64(let value): buffer.writeJSONInteger(value)
        case .uint64(let value): buffer.writeJSONInteger(value)
        case .double(let value): buffer.writeJSONDouble(value)
        case .string(let value): buffer.writeJSONString(value)
        }
    }

    private static func write(
        _ output: OutputTensor,
        binary: Bool,
        into buffer: inout ByteBuffer
    ) throws(ServingError) {
        buffer.writeStaticString("{\"name\":")
        buffer.writeJSONString(output.name)
        buffer.writeStaticString(",\"datatype\":\"")
        buffer.writeString(output.dataType.wireName)
        buffer.writeStaticString("\",\"shape\":[")
        for index in 0..<output.shape.count {
            if index > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
            buffer.writeJSONInteger(output.shape[index])
        }
        if binary {
            buffer.writeStaticString("],\"parameters\":{\"binary_data_size\":")
            buffer.writeJSONInteger(output.bytes.count)
            buffer.writeStaticString("}}")
        } else {
            buffer.writeStaticString("],\"data\":[")
            try JSONTensorOutput(output: output).write(into: &buffer)
            buffer.writeStaticString("]}")
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
