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
    package init(_ error: ServingError) {
        self.init(Code(rawValue: error.code.grpcStatus) ?? .unknown, error.message)
    }
}
