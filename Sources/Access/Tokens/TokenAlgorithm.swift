// SPDX-License-Identifier: Apache-2.0

/// The signatures that a token may carry. There is no case for `none`: it cannot be allowed.
package enum TokenAlgorithm: String, Sendable, CaseIterable {
    case es256 = "ES256"
    case es384 = "ES384"
    case edDSA = "EdDSA"
    case rs256 = "RS256"
    case ps256 = "PS256"
    /// A code that who checks it can also make: only with a secret that this server was given for it.
    case hs256 = "HS256"

    /// - Parameter name: as in a header's `alg`; `Ed25519` is the name that RFC 9864 gives to the only EdDSA there is here.
    package init?(name: String) {
        if name == "Ed25519" {
            self = .edDSA
        } else {
            self.init(rawValue: name)
        }
    }

    /// All that are checked with a public key.
    package static let asymmetric: [TokenAlgorithm] = [.es256, .es384, .edDSA, .rs256, .ps256]
}
