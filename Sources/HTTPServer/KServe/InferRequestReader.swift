// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Transport

/// An inference request as it was read, and how its answer is to be written.
package struct DecodedInferRequest: Sendable {
    package var fields: InferenceRequest.Fields
    package var outputPlan: OutputPlan
    /// Inputs whose bytes are still to be read.
    package var sharedInputs = SharedInputs()
}

/// Reads the body of an infer request: JSON, then the binary tensors that it announces.
///
/// Stricter than Triton where Triton guesses: integers must fit their type, a name may stand only once in an object
/// whose members have a meaning, and unknown members are checked before they are ignored.
package enum InferRequestReader {
    /// - Parameters:
    ///   - body: the whole body, after any decompression. Binary tensors of the result share its memory.
    ///   - inferenceHeaderLength: of the header `Inference-Header-Content-Length`; `nil` if it was not sent, and then
    ///     all of the body is JSON. 0 makes the body the one input of the model, without any JSON.
    /// - Throws: `.invalidArgument` with Triton's texts.
    package static func read(
        body: TensorBytes,
        inferenceHeaderLength: Int?,
        model: any ServableModel,
        limits: RequestLimits
    ) throws(ServingError) -> DecodedInferRequest {
        let headerLength = inferenceHeaderLength ?? body.count
        guard headerLength >= 0 && headerLength <= body.count else {
            throw ServingError(
                .invalidArgument,
                "inference header size should be in range (0, \(body.count)), got: \(headerLength)"
            )
        }
        if inferenceHeaderLength == 0 {
            return try RawInput(body: body, limits: limits).request(for: model)
        }
        guard headerLength <= limits.jsonBytes else {
            throw ServingError(
                .invalidArgument,
                "request JSON size of \(headerLength) bytes exceeds the maximum allowed input size of"
                    + " \(limits.jsonBytes) bytes. \(limits.inputSizeHint)"
            )
        }
        return try body.withUnsafeBytes { memory throws(ServingError) in
            let json = UnsafeRawBufferPointer(rebasing: memory[0..<headerLength])
            var document = InferDocument(
                scanner: JSONScanner(json, depthLimit: limits.jsonDepth),
                body: body,
                headerLength: headerLength,
                model: model,
                limits: limits
            )
            try document.read()
            return DecodedInferRequest(
                fields: document.fields,
                outputPlan: document.outputPlan,
                sharedInputs: document.sharedInputs
            )
        }
    }
}

/// A body that is nothing but the content of the model's one input.
private struct RawInput {
    var body: TensorBytes
    var limits: RequestLimits

    func request(for model: any ServableModel) throws(ServingError) -> DecodedInferRequest {
        guard body.count <= limits.jsonBytes else {
            throw ServingError(
                .invalidArgument,
                "Raw input has a byte_size (\(body.count) bytes) that exceeds the maximum allowed value of"
                    + " \(limits.jsonBytes) bytes. \(limits.inputSizeHint)"
            )
        }
        let inputs = model.inputs
        guard inputs.count == 1 else {
            throw refused(
                "Raw request must only have 1 input (found 1) to be deduced but got \(inputs.count) inputs in"
                    + " '\(model.name)' model configuration"
            )
        }
        var fields = InferenceRequest.Fields()
        fields.inputs = [try tensor(for: inputs[0], batches: model.maxBatchSize > 0)]
        _ = try InferRequestRules.elementCount(
            of: fields.inputs[0].shape,
            input: inputs[0].name,
            model: model,
            limits: limits
        )
        return DecodedInferRequest(fields: fields, outputPlan: OutputPlan(binaryByDefault: true))
    }

    private func tensor(for spec: TensorSpec, batches: Bool) throws(ServingError) -> InputTensor {
        var shape = batches ? spec.shape.prepending(1) : spec.shape
        let free = (0..<shape.count).filter { shape[$0] < 0 }
        guard free.count <= 1 else {
            throw refused(
                "The shape of the raw input '\(spec.name)' can not be deduced because there are more than one"
                    + " variable-sized dimension"
            )
        }
        var known = shape
        if let axis = free.first { known[axis] = 1 }
        let knownCount = known.elementCount ?? 0
        guard let elementSize = spec.dataType.byteSize else {
            guard free.isEmpty, knownCount == 1, body.count <= Int(UInt32.max) else {
                throw refused(
                    "For BYTE datatype raw input '\(spec.name)', the model must have input shape [1]"
                )
            }
            return InputTensor(name: spec.name, dataType: .bytes, shape: shape, bytes: prefixed())
        }
        if let axis = free.first { shape[axis] = Int64(knownCount == 0 ? 0 : body.count / knownCount / elementSize) }
        return InputTensor(name: spec.name, dataType: spec.dataType, shape: shape, bytes: body)
    }

    private func prefixed() -> TensorBytes {
        TensorBytes(count: body.count + BytesTensor.lengthSize) { memory in
            memory.storeBytes(of: UInt32(body.count).littleEndian, as: UInt32.self)
            body.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: memory[BytesTensor.lengthSize...]).copyMemory(from: source)
            }
        }
    }

    private func refused(_ text: String) -> ServingError {
        ServingError(.invalidArgument, "[request id: <id_unknown>] " + text)
    }
}
