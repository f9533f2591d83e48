// SPDX-License-Identifier: Apache-2.0
package import Inference

/// What was found out about a request while it was checked.
package struct RequestFacts: Sendable, Equatable {
    /// 1 for a model that does not batch.
    package var batchSize: Int
    /// Bytes of all input tensors.
    package var inputBytes: Int
    package var wantsClassification: Bool
    package var wantsSharedMemory: Bool
}

/// What a request to one version of a model must look like. The texts are those of Triton's core.
package struct RequestContract: Sendable {
    package let modelName: String
    package let inputs: [TensorSpec]
    package let outputs: [TensorSpec]
    package let maxBatchSize: Int
    private let requiredInputCount: Int

    package init(modelName: String, inputs: [TensorSpec], outputs: [TensorSpec], maxBatchSize: Int) {
        self.modelName = modelName
        self.inputs = inputs
        self.outputs = outputs
        self.maxBatchSize = maxBatchSize
        requiredInputCount = inputs.count { !$0.isOptional }
    }

    package func check(_ request: InferenceRequest) throws(ServingError) -> RequestFacts {
        do {
            return try checkUnprefixed(request.fields)
        } catch {
            var named = error
            named.message = request.errorPrefix + error.message
            throw named
        }
    }

    private func checkUnprefixed(_ fields: InferenceRequest.Fields) throws(ServingError) -> RequestFacts {
        try checkOutputs(fields.requestedOutputs)
        try checkInputCount(fields.inputs)
        let batchSize = try batchSize(of: fields.inputs)
        var inputBytes = 0
        for index in fields.inputs.indices {
            try check(fields.inputs[index], batchSize: batchSize, earlier: fields.inputs[..<index])
            inputBytes += fields.inputs[index].bytes.count
        }
        return RequestFacts(
            batchSize: maxBatchSize > 0 ? batchSize : 1,
            inputBytes: inputBytes,
            wantsClassification: fields.requestedOutputs.contains { $0.classificationCount > 0 },
            wantsSharedMemory: fields.requestedOutputs.contains { $0.sharedMemory != nil }
        )
    }

    private func checkOutputs(_ requested: [RequestedOutput]) throws(ServingError) {
        for (index, output) in requested.enumerated() {
            guard outputs.contains(where: { $0.name == output.name }) else {
                throw ServingError(
                    .invalidArgument,
                    "unexpected inference output '\(output.name)' for model '\(modelName)'"
                )
            }
            if requested[..<index].contains(where: { $0.name == output.name }) {
                throw ServingError(
                    .invalidArgument,
                    "output '\(output.name)' is requested more than once for model '\(modelName)'"
                )
            }
            if output.sharedMemory != nil, output.classificationCount > 0 {
                throw ServingError(
                    .invalidArgument,
                    "Output can't set both 'shared_memory_region' and 'classification'"
                )
            }
        }
    }

    private func checkInputCount(_ given: [InputTensor]) throws(ServingError) {
        if given.count <= inputs.count, given.count >= requiredInputCount {
            // A name that the model does not know is reported by `check`, which says more.
            if !isAnyRequiredInputMissing(in: given) || given.contains(where: { spec(named: $0.name) == nil }) {
                return
            }
        }
        let missing = inputs.filter { spec in !spec.isOptional && !given.contains { $0.name == spec.name } }
        let expected =
            requiredInputCount == inputs.count
            ? "expected \(inputs.count) inputs but got \(given.count) inputs"
            : "expected number of inputs between \(requiredInputCount) and \(inputs.count) but got \(given.count) inputs"
        throw ServingError(
            .invalidArgument,
            "\(expected) for model '\(modelName)'. Got input(s) \(Self.list(given.map(\.name))), but missing required "
                + "input(s) \(Self.list(missing.map(\.name))). Please provide all required input(s)."
        )
    }

    private func isAnyRequiredInputMissing(in given: [InputTensor]) -> Bool {
        for spec in inputs where !spec.isOptional && !given.contains(where: { $0.name == spec.name }) { return true }
        return false
    }

    /// Names come from the client: a long list of them is not worth repeating in full.
    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(16).map { "'\($0)'" }
        return "[" + (shown + (names.count > 16 ? ["…"] : [])).joined(separator: ",") + "]"
    }

    private func spec(named name: String) -> TensorSpec? {
        inputs.first { $0.name == name }
    }

    private func batchSize(of given: [InputTensor]) throws(ServingError) -> Int {
        guard maxBatchSize > 0 else { return 1 }
        var batchSize: Int64?
        for input in given {
            guard input.shape.count > 0 else {
                throw ServingError(
                    .invalidArgument,
                    "input '\(input.name)' has no shape but model requires batch dimension for '\(modelName)'"
                )
            }
            if let batchSize, input.shape[0] != batchSize {
                throw ServingError(
                    .invalidArgument,
                    "input '\(input.name)' batch size does not match other inputs for '\(modelName)'"
                )
            }
            batchSize = input.shape[0]
        }
        let size = batchSize ?? 1
        guard size <= Int64(maxBatchSize) else {
            throw ServingError(
                .invalidArgument,
                "inference request batch-size must be <= \(maxBatchSize) for '\(modelName)'"
            )
        }
        guard size >= 1 else {
            throw ServingError(.invalidArgument, "inference request batch-size must be >= 1 for '\(modelName)'")
        }
        return Int(size)
    }

    private func check(
        _ input: InputTensor,
        batchSize: Int,
        earlier: ArraySlice<InputTensor>
    ) throws(ServingError) {
        guard let spec = spec(named: input.name) else {
            throw ServingError(.invalidArgument, "unexpected inference input '\(input.name)' for model '\(modelName)'")
        }
        if earlier.contains(where: { $0.name == input.name }) {
            throw ServingError(
                .invalidArgument,
                "input '\(input.name)' is given more than once for model '\(modelName)'"
            )
        }
        guard input.dataType == spec.dataType else {
            throw ServingError(
                .invalidArgument,
                "inference input '\(input.name)' data-type is '\(input.dataType.wireName)', but model '\(modelName)' "
                    + "expects '\(spec.dataType.wireName)'"
            )
        }
        try checkShape(of: input, against: spec)
        try checkByteSize(of: input)
    }

    private func checkShape(of input: InputTensor, against spec: TensorSpec) throws(ServingError) {
        let offset = maxBatchSize > 0 ? 1 : 0
        var matches = input.shape.count == spec.shape.count + offset
        for index in 0..<input.shape.count where input.shape[index] < 0 {
            throw ServingError(
                .invalidArgument,
                "All input dimensions should be specified for input '\(input.name)' for model '\(modelName)', "
                    + "got \(input.shape)"
            )
        }
        if matches {
            for index in 0..<spec.shape.count {
                let expected = spec.shape[index]
                if expected != -1, expected != input.shape[index + offset] {
                    matches = false
                    break
                }
            }
        }
        guard !matches else { return }
        let expected = offset == 1 ? spec.shape.prepending(-1) : spec.shape
        throw ServingError(
            .invalidArgument,
            "unexpected shape for input '\(input.name)' for model '\(modelName)'. Expected \(expected), "
                + "got \(input.shape). " + (offset == 1 ? Self.implicitBatchNote : "")
        )
    }

    private static let implicitBatchNote =
        "NOTE: Setting a non-zero max_batch_size in the model config requires a batch dimension to be prepended to "
        + "each input shape. If you want to specify the full shape including the batch dim in your input dims config, "
        + "try setting max_batch_size to zero. See the model configuration docs for more info on max_batch_size."

    private func checkByteSize(of input: InputTensor) throws(ServingError) {
        guard let elementCount = input.shape.elementCount else {
            throw ServingError(
                .invalidArgument,
                "shape for input '\(input.name)' causes total element count to exceed maximum size of \(Int64.max)"
            )
        }
        guard let elementSize = input.dataType.byteSize else {
            return try BytesTensor.validate(
                input.bytes,
                elementCount: elementCount,
                input: input.name,
                model: modelName
            )
        }
        let (expected, overflow) = elementCount.multipliedReportingOverflow(by: elementSize)
        guard !overflow else {
            throw ServingError(
                .invalidArgument,
                "byte size for input '\(input.name)' exceeds maximum size of \(Int64.max)"
            )
        }
        guard input.bytes.count == expected else {
            throw ServingError(
                .invalidArgument,
                "input byte size mismatch for input '\(input.name)' for model '\(modelName)'. "
                    + "Expected \(expected), got \(input.bytes.count)"
            )
        }
    }
}
