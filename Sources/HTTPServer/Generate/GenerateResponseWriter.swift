// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore

/// Writes the answers to one generate request: a flat object of what the response has, a tensor of one element as that
/// element and any other as a flat array.
package struct GenerateResponseWriter: Sendable {
    /// What every answer begins with, up to the model's version.
    private let beginning: ByteBuffer
    private let hasID: Bool

    package init(requestID: String, modelName: String, version: Int64) {
        var buffer = ByteBuffer()
        hasID = !requestID.isEmpty
        buffer.writeStaticString("{")
        if hasID {
            buffer.writeJSONKey("id", first: true)
            buffer.writeJSONString(requestID)
        }
        buffer.writeJSONKey("model_name", first: !hasID)
        buffer.writeJSONString(modelName)
        buffer.writeJSONKey("model_version")
        buffer.writeJSONString(String(version))
        beginning = buffer
    }

    /// - Throws: `.invalidArgument` for an output that JSON cannot carry, `.internalError` for one whose bytes do not fit
    ///   its shape; `buffer` is then as it was.
    package func write(_ response: InferenceResponse, into buffer: inout ByteBuffer) throws(ServingError) {
        let start = buffer.writerIndex
        do throws(ServingError) {
            buffer.writeImmutableBuffer(beginning)
            for (index, parameter) in response.parameters.enumerated() {
                let isTaken = response.parameters[..<index].contains { $0.name == parameter.name }
                if isTaken || isReserved(parameter.name) { continue }
                writeKey(parameter.name, into: &buffer)
                InferResponseWriter.write(parameter.value, into: &buffer)
            }
            for output in response.outputs {
                if isReserved(output.name) || response.parameters.contains(where: { $0.name == output.name }) {
                    continue
                }
                writeKey(output.name, into: &buffer)
                try write(output, into: &buffer)
            }
            buffer.writeStaticString("}")
        } catch {
            buffer.moveWriterIndex(to: start)
            throw error
        }
    }

    private func write(_ output: OutputTensor, into buffer: inout ByteBuffer) throws(ServingError) {
        let isScalar = output.shape.elementCount == 1
        if !isScalar { buffer.writeStaticString("[") }
        try JSONTensorOutput(output: output).write(into: &buffer)
        if !isScalar { buffer.writeStaticString("]") }
    }

    private func writeKey(_ name: String, into buffer: inout ByteBuffer) {
        buffer.writeJSON(space: JSONOutput.space(for: name) + 2) { output in
            output.byte(UInt8(ascii: ","))
            output.string(name)
            output.byte(UInt8(ascii: ":"))
        }
    }

    /// A member may stand only once, and these stand already.
    private func isReserved(_ name: String) -> Bool {
        name == "model_name" || name == "model_version" || (hasID && name == "id")
    }
}
