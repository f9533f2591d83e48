// SPDX-License-Identifier: Apache-2.0

/// Why a token is worth nothing. For the log only: the client is told no more than that it is not authenticated.
package enum TokenRefusal: String, Error, Sendable, CaseIterable {
    case oversized
    /// Not three parts of base64url, not JSON, a member named twice, a header parameter that must be understood and is not.
    case malformed
    /// Not a type of token that grants access.
    case type
    case algorithm
    /// No key, or more than one, that the token could have been signed with.
    case unknownKey = "unknown-key"
    /// There is no set of keys yet, or the last good one is too old.
    case keysUnavailable = "keys-unavailable"
    case signature
    case issuer
    case audience
    case expired
    case notYetValid = "not-yet-valid"
    /// Without an end, or with one too far away.
    case lifetime
    case principal
    case scopes
    case models
}
