// SPDX-License-Identifier: Apache-2.0
private import NIOSSL

/// Why a handshake failed by what the client sent, for the audit log.
package struct TLSRefusal: Sendable, Equatable {
    package let reason: String
    /// Whether it is about the client's certificate.
    package let isAboutCertificate: Bool

    /// - Returns: `nil` for a client that went away or that did not want us, and for anything else.
    package init?(_ error: any Error) {
        guard case .handshakeFailed(.sslError(let stack))? = error as? NIOSSLError else { return nil }
        let words = stack.compactMap { Self.word(in: "\($0)") }
        guard let word = words.first, !word.contains("_ALERT_") else { return nil }
        isAboutCertificate = word.contains("CERTIFICATE")
        reason = "TLS handshake: \(word)"
    }

    /// The library's name for what went wrong, out of `error:…:SSL routines:OPENSSL_internal:NAME at FILE:LINE`.
    private static func word(in text: String) -> String? {
        guard let mark = text.firstRange(of: "OPENSSL_internal:") else { return nil }
        let word = text[mark.upperBound...].prefix { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }
        return word.isEmpty ? nil : String(word)
    }
}
