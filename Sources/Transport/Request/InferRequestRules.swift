// SPDX-License-Identifier: Apache-2.0
package import Inference

/// What holds for an infer request whichever protocol brought it; the texts are Triton's where it has one.
package enum InferRequestRules {
    /// Bytes of a sequence id that is a string; Triton's bound.
    package static let sequenceIDLimit = 128

    package static let sharedMemoryDisabled = ServingError(.unsupported, "Client shared memory is disabled.")

    /// How Triton starts the errors of a request: `[request id: ID] `.
    package static func errorPrefix(id: String) -> String { "[request id: \(id.isEmpty ? "<id_unknown>" : id)] " }

    package static func tooMany(_ things: StaticString, _ limit: Int) -> ServingError {
        ServingError(.invalidArgument, "number of \(things) in request exceeds the maximum of \(limit)")
    }

    package static func tooLong(_ what: StaticString, bytes: Int, limit: Int) -> ServingError {
        ServingError(.invalidArgument, "'\(what)' of \(bytes) bytes exceeds the maximum of \(limit) bytes")
    }

    /// - Parameter kind: `input` or `output`.
    package static func alreadyThere(_ kind: StaticString, _ name: String, requestID: String) -> ServingError {
        ServingError(
            .invalidArgument,
            errorPrefix(id: requestID) + "\(kind) '\(name)' already exists in request"
        )
    }

    /// - Parameter input: its name, if it is known by now.
    package static func unknownDataType(_ name: String, input: String?) -> ServingError {
        let place = input.map { " \($0)" } ?? ""
        return ServingError(.invalidArgument, "invalid datatype for input\(place): '\(name)'")
    }

    /// Said of every input, so that no one after this meets a shape without an element count.
    package static func elementCount(
        of shape: Shape,
        input: String,
        model: any ServableModel,
        limits: RequestLimits
    ) throws(ServingError) -> Int {
        if let count = shape.elementCount {
            guard count <= limits.elements else {
                throw ServingError(
                    .invalidArgument,
                    "input '\(excerpt(input))' has \(count) elements, more than the maximum of \(limits.elements)"
                )
            }
            if limits.batch < .max, model.maxBatchSize > 0, let batch = shape.dimensions.first, batch > limits.batch {
                throw ServingError(
                    .invalidArgument,
                    "input '\(excerpt(input))' has a batch of \(batch), more than the maximum of \(limits.batch)"
                )
            }
            return count
        }
        let isNegative = shape.dimensions.contains { $0 < 0 }
        throw ServingError(
            .invalidArgument,
            "invalid shape for input '\(input)': shape \(shape) "
                + (isNegative
                    ? "contains one or more invalid dimensions"
                    : "causes total element count to exceed maximum size of \(Int64.max)")
        )
    }

    /// The empty string means that the request belongs to no sequence.
    package static func correlationID(_ text: String) throws(ServingError) -> CorrelationID {
        guard text.utf8.count <= sequenceIDLimit else {
            throw ServingError(
                .invalidArgument,
                "string correlation ID cannot be longer than \(sequenceIDLimit) characters"
            )
        }
        return text.isEmpty ? .none : .string(text)
    }

    /// A name as an error shows it.
    package static func excerpt(_ name: String) -> String {
        name.utf8.count <= 128 ? name : String(name.prefix(64)) + "…"
    }
}
