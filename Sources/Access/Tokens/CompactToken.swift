// SPDX-License-Identifier: Apache-2.0

/// A token as it was sent, taken apart and not yet believed: the compact form of RFC 7515 with JSON claims.
package struct CompactToken: Sendable {
    package let algorithm: String
    package let keyID: String?
    package let claims: [String: JSONNode]
    /// What is signed: the first two parts as they were sent.
    package let signed: [UInt8]
    package let signature: [UInt8]

    /// Deep enough for the nested claims that identity providers send.
    private static let depthLimit = 8
    private static let nodeLimit = 1024

    package init(_ text: [UInt8]) throws(TokenRefusal) {
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }),
            let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw .malformed }
        let parameters = try Self.object(header)
        try Self.check(parameters)
        guard let algorithm = parameters["alg"]?.text else { throw .malformed }
        self.algorithm = algorithm
        keyID = try Self.keyID(in: parameters)
        claims = try Self.object(payload)
        signed = Array(text[..<parts[2].startIndex].dropLast())
        self.signature = signature
    }

    private static func object(_ bytes: [UInt8]) throws(TokenRefusal) -> [String: JSONNode] {
        guard let node = try? JSONNodeReader.parse(bytes, depth: depthLimit, nodes: nodeLimit),
            let members = node.members
        else {
            throw .malformed
        }
        return members
    }

    /// Where keys are to be found (`jku`, `x5u`, `x5c`) is for this server's operator to say: issuers that send it are
    /// common and it is passed over. A key within the token (`jwk`) is only ever an attempt.
    private static func check(_ parameters: [String: JSONNode]) throws(TokenRefusal) {
        for refused in ["crit", "b64", "enc", "zip", "jwk"] where parameters[refused] != nil { throw .malformed }
        guard let type = parameters["typ"] else { return }
        guard let name = type.text?.lowercased(), ["jwt", "at+jwt", "application/at+jwt"].contains(name) else {
            throw .type
        }
    }

    private static func keyID(in parameters: [String: JSONNode]) throws(TokenRefusal) -> String? {
        guard let parameter = parameters["kid"] else { return nil }
        guard let id = parameter.text, (1...256).contains(id.utf8.count) else { throw .malformed }
        return id
    }
}
