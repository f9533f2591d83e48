// SPDX-License-Identifier: Apache-2.0

/// The one error of the server: what the client is told, and what only the log may know.
///
/// `message` never carries a path, a shared-memory name, a version of ours or a stack; `cause` may.
package struct ServingError: Error, Sendable, Equatable {
    /// Triton's codes first; the rest are what an access check or a limit answers.
    package enum Code: Sendable, Equatable, CaseIterable {
        case unknown, internalError, notFound, invalidArgument, unavailable, unsupported, alreadyExists, cancelled
        case unauthenticated, permissionDenied, resourceExhausted, payloadTooLarge, deadlineExceeded
    }

    /// Why a request failed, as the `reason` label of `nv_inference_request_failure` has it.
    package enum Reason: String, Sendable, Equatable, CaseIterable {
        case rejected = "REJECTED"
        case cancelled = "CANCELED"
        case backend = "BACKEND"
        case other = "OTHER"
    }

    /// Where in a model's own files the error is; for the operator, like `cause`.
    package struct Place: Sendable, Equatable, CustomStringConvertible {
        /// Relative to the model's directory.
        package var file: String
        /// From 1.
        package var line: Int
        /// From 1, in Unicode scalars.
        package var column: Int

        package init(file: String, line: Int, column: Int) {
            self.file = file
            self.line = line
            self.column = column
        }

        package var description: String { "\(file):\(line):\(column)" }
    }

    package var code: Code
    package var message: String
    package var reason: Reason
    package var cause: String?
    package var place: Place?
    /// What the answer's head says besides, where the protocol has a place for it: `Retry-After` and the like.
    package var fields: [AnswerField] = []

    /// - Parameter id: of the request; empty if it has none, or it is not known yet.
    package static func requestDeadlineExceeded(id: String) -> ServingError {
        ServingError(
            .deadlineExceeded,
            InferenceRequest.errorPrefix(id: id) + "Request deadline exceeded",
            reason: .cancelled
        )
    }

    /// - Parameter cause: the place if there is nothing else to say.
    package init(
        _ code: Code,
        _ message: String,
        reason: Reason = .other,
        cause: String? = nil,
        place: Place? = nil
    ) {
        self.code = code
        self.message = message
        self.reason = reason
        self.cause = cause ?? place?.description
        self.place = place
    }
}

/// A field of an answer's head.
package struct AnswerField: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
