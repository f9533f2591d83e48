// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Transport

/// What a `ModelInferRequest` says about itself: enough to find its model and to ask the gate, before a tensor is
/// looked at. All counts are within the limits.
package struct InferEnvelope: Sendable, Equatable {
    package var modelName = ""
    /// As the request has it; empty for the one that the model's version policy picks.
    package var versionText = ""
    package var id = ""
    package private(set) var parameters = 0
    package private(set) var inputs = 0
    package private(set) var outputs = 0
    package private(set) var rawInputs = 0

    package init() {}

    /// What was read before an error stays: an answer to a broken request may still name its id.
    /// - Throws: `.internalError` if the bytes are no such message, `.invalidArgument` for what exceeds a limit.
    package mutating func read(_ message: TensorBytes, limits: RequestLimits) throws(ServingError) {
        try message.withUnsafeBytes { memory throws(ServingError) in
            try read(WireReader(memory, message: "ModelInferRequest"), limits)
        }
    }

    private mutating func read(_ reader: WireReader, _ limits: RequestLimits) throws(ServingError) {
        var reader = reader
        while let field = try reader.nextField() {
            switch field.number {
            case 1: modelName = try reader.text(reader.bytes(of: field), "model_name", limit: limits.stringBytes)
            case 2: versionText = try reader.text(reader.bytes(of: field), "model_version", limit: limits.stringBytes)
            case 3: id = try reader.text(reader.bytes(of: field), "id", limit: limits.stringBytes)
            case 4: try Self.count(&parameters, "parameters", limits.parameters, &reader, field)
            case 5: try Self.count(&inputs, "inputs", limits.inputs, &reader, field)
            case 6: try Self.count(&outputs, "outputs", limits.outputs, &reader, field)
            case 7: try Self.count(&rawInputs, "raw_input_contents", limits.inputs, &reader, field)
            default: try reader.skip(field)
            }
        }
    }

    private static func count(
        _ number: inout Int,
        _ things: StaticString,
        _ limit: Int,
        _ reader: inout WireReader,
        _ field: WireField
    ) throws(ServingError) {
        _ = try reader.bytes(of: field)
        number += 1
        guard number <= limit else { throw InferRequestRules.tooMany(things, limit) }
    }

    /// Once more by the limits of the model, which may be tighter than those that the message was read by.
    /// - Parameter bytes: of the message.
    package func check(_ limits: RequestLimits, bytes: Int) throws(ServingError) {
        guard bytes <= limits.bodyBytes else {
            throw ServingError(
                .resourceExhausted,
                "request of \(bytes) bytes exceeds the maximum allowed size of \(limits.bodyBytes) bytes: "
                    + "--max-body-byte-size and --model-limit are the limits",
                reason: .rejected
            )
        }
        guard id.utf8.count <= limits.stringBytes else {
            throw InferRequestRules.tooLong("id", bytes: id.utf8.count, limit: limits.stringBytes)
        }
        let counts: [(StaticString, Int, Int)] = [
            ("parameters", parameters, limits.parameters), ("inputs", inputs, limits.inputs),
            ("outputs", outputs, limits.outputs),
        ]
        for (things, count, limit) in counts where count > limit { throw InferRequestRules.tooMany(things, limit) }
    }

    /// - Throws: `.invalidArgument` with Triton's text for what is no version.
    package func version() throws(ServingError) -> Int64? { try ModelVersion.parse(versionText) }
}

/// A version as gRPC's requests name it.
package enum ModelVersion {
    /// - Returns: `nil` for the empty string.
    /// - Throws: `.invalidArgument` with Triton's texts.
    package static func parse(_ text: String) throws(ServingError) -> Int64? {
        if text.isEmpty { return nil }
        let shown = text.prefix(64)
        guard let number = Int64(text) else {
            throw ServingError(
                .invalidArgument,
                "failed to get model version from specified version string '\(shown)' (details: stol), "
                    + "version should be an integral value > 0"
            )
        }
        guard number > 0 else {
            throw ServingError(
                .invalidArgument,
                "invalid model version specified '\(shown)' , version should be an integral value > 0"
            )
        }
        return number
    }
}
