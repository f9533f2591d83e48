// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOHTTP1

/// The one table from codes to HTTP statuses.
package enum ErrorStatus {
    package static func of(_ code: ServingError.Code) -> HTTPResponseStatus {
        switch code {
        case .unknown, .invalidArgument, .alreadyExists, .cancelled: .badRequest
        case .internalError: .internalServerError
        case .notFound: .notFound
        case .unavailable: .serviceUnavailable
        case .unsupported: .notImplemented
        case .unauthenticated: .unauthorized
        case .permissionDenied: .forbidden
        case .resourceExhausted: .tooManyRequests
        case .payloadTooLarge: .payloadTooLarge
        case .deadlineExceeded: .gatewayTimeout
        }
    }
}
