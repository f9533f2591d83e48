// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore

/// Writes answers as protobuf, straight into the buffer that is sent: one copy of each tensor.
package struct InferResponseWriter {
    /// Bytes that a message may have: gRPC's clients count them in 31 bits.
    package static let byteLimit = Int(Int32.max)
    private static let finalResponse = "triton_final_response"

    /// Empty where there is none, as in an answer to a request whose model is not known.
    package var modelName: String
    package var modelVersion: String
    package var requestID: String

    package init(modelName: String, modelVersion: String, requestID: String) {
        self.modelName = modelName
        self.modelVersion = modelVersion
        self.requestID = requestID
    }

    /// A `ModelInferResponse`.
    /// - Throws: `.internalError` if it were larger than a message may be; `buffer` is then as it was.
    package func write(_ response: InferenceResponse, into buffer: inout ByteBuffer) throws(ServingError) {
        try write(Body(self, response, isFinal: nil), into: &buffer)
    }

    /// A `ModelStreamInferResponse` with an answer in it.
    /// - Parameter isFinal: what the parameter `triton_final_response` says.
    package func writeStreamed(
        _ response: InferenceResponse,
        isFinal: Bool,
        into buffer: inout ByteBuffer
    ) throws(ServingError) {
        try writeStreamed(error: "", Body(self, response, isFinal: isFinal), into: &buffer)
    }

    /// A `ModelStreamInferResponse` that says that a request failed, and which.
    package func writeStreamed(_ error: ServingError, into buffer: inout ByteBuffer) throws(ServingError) {
        let body = Body(self, InferenceResponse(outputs: []), isFinal: true)
        try writeStreamed(error: error.message, body, into: &buffer)
    }

    private func write(_ body: Body, into buffer: inout ByteBuffer) throws(ServingError) {
        try Self.fill(&buffer, count: body.count) { body.write(into: &$0) }
    }

    private func writeStreamed(error: String, _ body: Body, into buffer: inout ByteBuffer) throws(ServingError) {
        try Self.fill(&buffer, count: WireSize.text(error) + WireSize.bytes(body.count)) { writer in
            writer.text(1, error)
            writer.open(2, count: body.count)
            body.write(into: &writer)
        }
    }

    private static func fill(
        _ buffer: inout ByteBuffer,
        count: Int,
        _ write: (inout WireWriter) -> Void
    ) throws(ServingError) {
        guard count <= byteLimit else {
            throw ServingError(
                .internalError,
                "response of \(count) bytes exceeds the maximum of \(byteLimit) bytes"
            )
        }
        guard count > 0 else { return }
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
            var writer = WireWriter(UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
            write(&writer)
            precondition(writer.position == count, "a message is smaller than was measured")
            return count
        }
    }

    /// A `ModelInferResponse`, measured.
    private struct Body {
        private let head: InferResponseWriter
        private let response: InferenceResponse
        private let isFinal: Bool?
        let count: Int

        init(_ head: InferResponseWriter, _ response: InferenceResponse, isFinal: Bool?) {
            self.head = head
            self.response = response
            self.isFinal = isFinal
            var count =
                WireSize.text(head.modelName) + WireSize.text(head.modelVersion) + WireSize.text(head.requestID)
            for parameter in response.parameters { count += WireSize.bytes(ParameterWriter.count(parameter)) }
            if let isFinal { count += WireSize.bytes(ParameterWriter.count(Self.finality(isFinal))) }
            for output in response.outputs {
                count += WireSize.bytes(OutputWriter.count(output)) + WireSize.bytes(output.bytes.count)
            }
            self.count = count
        }

        private static func finality(_ isFinal: Bool) -> Parameter {
            Parameter(name: InferResponseWriter.finalResponse, value: .bool(isFinal))
        }

        func write(into writer: inout WireWriter) {
            writer.text(1, head.modelName)
            writer.text(2, head.modelVersion)
            writer.text(3, head.requestID)
            for parameter in response.parameters { ParameterWriter.write(parameter, 4, into: &writer) }
            if let isFinal { ParameterWriter.write(Self.finality(isFinal), 4, into: &writer) }
            for output in response.outputs { OutputWriter.write(output, 5, into: &writer) }
            for output in response.outputs { writer.bytes(6, output.bytes) }
        }
    }
}

/// An entry of a `map<string, InferParameter>`.
private enum ParameterWriter {
    static func count(_ parameter: Parameter) -> Int {
        WireSize.text(parameter.name) + WireSize.bytes(valueCount(parameter.value))
    }

    private static func valueCount(_ value: ParameterValue) -> Int {
        switch value {
        case .bool: 2
        case .int64(let number): 1 + WireSize.varint(UInt64(bitPattern: number))
        case .string(let text): WireSize.bytes(text.utf8.count)
        case .double: 9
        case .uint64(let number): 1 + WireSize.varint(number)
        }
    }

    static func write(_ parameter: Parameter, _ number: UInt8, into writer: inout WireWriter) {
        writer.open(number, count: count(parameter))
        writer.text(1, parameter.name)
        writer.open(2, count: valueCount(parameter.value))
        switch parameter.value {
        case .bool(let flag):
            writer.tag(1, .varint)
            writer.varint(flag ? 1 : 0)
        case .int64(let value):
            writer.tag(2, .varint)
            writer.varint(UInt64(bitPattern: value))
        case .string(let text): writer.setText(3, text)
        case .double(let value):
            writer.tag(4, .fixed64)
            writer.fixed64(value.bitPattern)
        case .uint64(let value):
            writer.tag(5, .varint)
            writer.varint(value)
        }
    }
}

/// An `InferOutputTensor`; its elements travel in `raw_output_contents`.
private enum OutputWriter {
    static func count(_ output: OutputTensor) -> Int {
        var count = WireSize.text(output.name) + WireSize.text(output.dataType.wireName)
        if output.shape.count > 0 { count += WireSize.bytes(shapeCount(output.shape)) }
        if let slice = output.sharedMemory {
            for parameter in parameters(slice) { count += WireSize.bytes(ParameterWriter.count(parameter)) }
        }
        return count
    }

    private static func shapeCount(_ shape: Shape) -> Int {
        var count = 0
        for index in 0..<shape.count { count += WireSize.varint(UInt64(bitPattern: shape[index])) }
        return count
    }

    private static func parameters(_ slice: SharedMemorySlice) -> [Parameter] {
        [
            Parameter(name: "shared_memory_region", value: .string(slice.region)),
            Parameter(name: "shared_memory_offset", value: .int64(Int64(clamping: slice.offset))),
            Parameter(name: "shared_memory_byte_size", value: .int64(Int64(clamping: slice.byteSize))),
        ]
    }

    static func write(_ output: OutputTensor, _ number: UInt8, into writer: inout WireWriter) {
        writer.open(number, count: count(output))
        writer.text(1, output.name)
        writer.text(2, output.dataType.wireName)
        if output.shape.count > 0 {
            writer.open(3, count: shapeCount(output.shape))
            for index in 0..<output.shape.count { writer.varint(UInt64(bitPattern: output.shape[index])) }
        }
        if let slice = output.sharedMemory {
            for parameter in parameters(slice) { ParameterWriter.write(parameter, 4, into: &writer) }
        }
    }
}
