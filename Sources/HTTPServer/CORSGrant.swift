// SPDX-License-Identifier: Apache-2.0
package import Inference

/// What a page of another site may read of an answer.
package struct CORSGrant: Sendable, Equatable {
    private static let readableHeaders =
        "Content-Encoding, Inference-Header-Content-Length, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id"

    /// `*` or an origin that the operator named.
    let origin: String
    let allowsCredentials: Bool

    package var fields: [AnswerField] {
        [
            AnswerField("Access-Control-Allow-Origin", origin),
            AnswerField("Access-Control-Expose-Headers", Self.readableHeaders),
            AnswerField("Vary", "Origin"),
        ] + (allowsCredentials ? [AnswerField("Access-Control-Allow-Credentials", "true")] : [])
    }
}
