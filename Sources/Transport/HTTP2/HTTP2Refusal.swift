// SPDX-License-Identifier: Apache-2.0
private import NIOHTTP2

/// What a client did that HTTP/2 does not allow, or not as often, for the audit log.
package struct HTTP2Refusal: Sendable, Equatable {
    package let reason: String

    /// - Returns: `nil` for an error that is not about what the client sent.
    package init?(_ error: any Error) {
        let base = (error as? NIOHTTP2Errors.StreamError)?.baseError ?? error
        guard base is any NIOHTTP2Error else { return nil }
        // The library's name for it.
        reason = "HTTP/2: \(type(of: base))"
    }
}
