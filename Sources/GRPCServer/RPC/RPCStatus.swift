// SPDX-License-Identifier: Apache-2.0
package import Inference

/// How a call ended: gRPC's status code and a message for the client.
package struct RPCStatus: Error, Sendable, Equatable {
    /// Names and numbers: gRPC's "status codes and their use".
    package enum Code: Int, Sendable, CaseIterable {
        case ok = 0
        case cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied
        case resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, internalError, unavailable
        case dataLoss, unauthenticated
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String = "") {
        self.code = code
        self.message = message
    }

    package static let ok = RPCStatus(.ok)
}

extension RPCStatus {
    /// The one table from the server's codes to gRPC's, as Triton has it.
    package init(_ error: ServingError) {
        let code: Code =
            switch error.code {
            case .unknown: .unknown
            case .internalError: .internalError
            case .notFound: .notFound
            case .invalidArgument: .invalidArgument
            case .unavailable: .unavailable
            case .unsupported: .unimplemented
            case .alreadyExists: .alreadyExists
            case .cancelled: .cancelled
            case .unauthenticated: .unauthenticated
            case .permissionDenied: .permissionDenied
            case .resourceExhausted, .payloadTooLarge: .resourceExhausted
            case .deadlineExceeded: .deadlineExceeded
            }
        self.init(code, error.message)
    }
}
