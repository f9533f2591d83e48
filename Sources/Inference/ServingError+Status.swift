// SPDX-License-Identifier: Apache-2.0

/// The one table from codes to what the protocols say, as Triton has it.
extension ServingError.Code {
    package var httpStatus: Int {
        switch self {
        case .unknown, .invalidArgument, .alreadyExists, .cancelled: 400
        case .unauthenticated: 401
        case .permissionDenied: 403
        case .notFound: 404
        case .payloadTooLarge: 413
        case .resourceExhausted: 429
        case .internalError: 500
        case .unsupported: 501
        case .unavailable: 503
        case .deadlineExceeded: 504
        }
    }

    /// gRPC's number.
    package var grpcStatus: Int {
        switch self {
        case .cancelled: 1
        case .unknown: 2
        case .invalidArgument: 3
        case .deadlineExceeded: 4
        case .notFound: 5
        case .alreadyExists: 6
        case .permissionDenied: 7
        case .resourceExhausted, .payloadTooLarge: 8
        case .unsupported: 12
        case .internalError: 13
        case .unavailable: 14
        case .unauthenticated: 16
        }
    }
}
