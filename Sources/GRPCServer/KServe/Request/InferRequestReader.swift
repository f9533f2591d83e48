// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Transport

/// An inference request as it was read, and what else its answers depend on.
package struct DecodedInferRequest: Sendable {
    package var fields: InferenceRequest.Fields
    /// `triton_enable_empty_final_response`: whether a decoupled model's end is worth a message of its own.
    package var wantsEmptyFinalResponse: Bool
}

/// Reads a `ModelInferRequest` where it lies: tensors that came as raw bytes share the message's memory.
package struct InferRequestReader {
    let message: TensorBytes
    let envelope: InferEnvelope
    let model: any ServableModel
    let limits: RequestLimits
    let sharedMemory: (any SharedMemoryControl)?
    private(set) var fields = InferenceRequest.Fields()
    private var wantsEmptyFinalResponse = false
    var sharedInputs = SharedInputs()

    /// - Parameters:
    ///   - envelope: of the same message.
    ///   - sharedMemory: absent where clients may not share memory.
    ///   - reserve: asked once for all bytes that the inputs have in shared memory, before any is copied.
    /// - Throws: `.invalidArgument` with Triton's texts, `.internalError` if the bytes are no such message, and what
    ///   shared memory says.
    package static func read(
        _ message: TensorBytes,
        envelope: InferEnvelope,
        model: any ServableModel,
        limits: RequestLimits,
        sharedMemory: (any SharedMemoryControl)?,
        reserve: (Int) throws(ServingError) -> Void
    ) throws(ServingError) -> DecodedInferRequest {
        var reader = InferRequestReader(
            message: message,
            envelope: envelope,
            model: model,
            limits: limits,
            sharedMemory: sharedMemory
        )
        try message.withUnsafeBytes { memory throws(ServingError) in
            let top = WireReader(memory, message: "ModelInferRequest")
            try reader.readParameters(top)
            try reader.readTensors(top)
        }
        if let sharedMemory, !reader.sharedInputs.isEmpty {
            try reserve(reader.sharedInputs.byteCount)
            try reader.sharedInputs.read(from: sharedMemory, into: &reader.fields)
        }
        return DecodedInferRequest(
            fields: reader.fields,
            wantsEmptyFinalResponse: reader.wantsEmptyFinalResponse
        )
    }

    private init(
        message: TensorBytes,
        envelope: InferEnvelope,
        model: any ServableModel,
        limits: RequestLimits,
        sharedMemory: (any SharedMemoryControl)?
    ) {
        self.message = message
        self.envelope = envelope
        self.model = model
        self.limits = limits
        self.sharedMemory = sharedMemory
        fields.id = envelope.id
        fields.inputs.reserveCapacity(envelope.inputs)
        fields.requestedOutputs.reserveCapacity(envelope.outputs)
    }

    private mutating func readParameters(_ top: WireReader) throws(ServingError) {
        guard envelope.parameters > 0 else { return }
        var top = top
        var parameters = RequestParameters()
        while let field = try top.nextField() {
            guard field.number == 4 else {
                try top.skip(field)
                continue
            }
            let entry = try top.parameter(at: try top.bytes(of: field), stringLimit: limits.stringBytes)
            try parameters.take(entry, of: top, into: &fields)
        }
        wantsEmptyFinalResponse = parameters.wantsEmptyFinalResponse
    }

    private mutating func readTensors(_ top: WireReader) throws(ServingError) {
        var raw = RawInputs(top: top)
        var top = top
        var inputNames = NameSet()
        var outputNames = NameSet()
        while let field = try top.nextField() {
            switch field.number {
            case 5:
                let input = try readInput(top.inner(top.bytes(of: field), message: "InferInputTensor"), &raw)
                guard inputNames.insert(input.name) else {
                    throw InferRequestRules.alreadyThere("input", input.name, requestID: envelope.id)
                }
                fields.inputs.append(input)
            case 6:
                let tensor = top.inner(try top.bytes(of: field), message: "InferRequestedOutputTensor")
                let output = try readOutput(tensor)
                guard outputNames.insert(output.name) else {
                    throw InferRequestRules.alreadyThere("output", output.name, requestID: envelope.id)
                }
                fields.requestedOutputs.append(output)
            default: try top.skip(field)
            }
        }
        guard try raw.next() == nil else {
            throw ServingError(
                .invalidArgument,
                "unexpected additional input data for model '\(envelope.modelName)'"
            )
        }
    }

    private func readOutput(_ tensor: WireReader) throws(ServingError) -> RequestedOutput {
        var tensor = tensor
        var name = ""
        var parameters = TensorParameters()
        while let field = try tensor.nextField() {
            switch field.number {
            case 1: name = try tensorName(tensor.bytes(of: field), of: tensor, among: model.outputs)
            case 2: try parameters.take(tensor.bytes(of: field), of: tensor, limits)
            default: try tensor.skip(field)
            }
        }
        guard !parameters.isEmpty else { return RequestedOutput(name: name) }
        let slice = try parameters.sharedMemory(tensor: name)
        let classes = try parameters.classificationCount()
        if slice != nil, classes != nil {
            throw ServingError(
                .invalidArgument,
                "output can't set both 'shared_memory_region' and 'classification'"
            )
        }
        if slice != nil, sharedMemory == nil { throw InferRequestRules.sharedMemoryDisabled }
        return RequestedOutput(name: name, classificationCount: classes ?? 0, sharedMemory: slice)
    }

    /// A tensor's name: the model's own string where it has one of that name, which costs no allocation.
    func tensorName(
        _ range: Range<Int>,
        of reader: WireReader,
        among specs: [TensorSpec]
    ) throws(ServingError) -> String {
        if range.count > 15, range.count <= limits.stringBytes {
            let bytes = reader.memory(at: range)
            for spec in specs where spec.name.utf8.count == bytes.count && spec.name.utf8.elementsEqual(bytes) {
                return spec.name
            }
        }
        return try reader.text(range, "name", limit: limits.stringBytes)
    }
}

/// The entries of `raw_input_contents`, in order; walked only as far as inputs ask for them.
struct RawInputs {
    var top: WireReader

    mutating func next() throws(ServingError) -> Range<Int>? {
        while let field = try top.nextField() {
            if field.number == 7 { return try top.bytes(of: field) }
            try top.skip(field)
        }
        return nil
    }
}
