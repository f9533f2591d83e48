// SPDX-License-Identifier: Apache-2.0
package import NIOSSL

/// Whom a client believes, and what it shows of itself. All bytes are PEM.
package struct TLSTrust: Sendable, Equatable {
    /// Certificates of authorities in place of the system's.
    package var authorities: [UInt8]?
    /// The client's own certificate, its chain behind it.
    package var certificateChain: [UInt8]?
    package var privateKey: [UInt8]?
    /// Whether any certificate will do. Encrypted, but to whom is anybody's guess.
    package var acceptsAnyCertificate = false

    package init() {}

    /// TLS 1.2 at least.
    /// - Parameter protocols: offered by ALPN.
    /// - Throws: ``ClientError/badInput(_:)`` naming the part that cannot be used.
    package func context(protocols: [String] = ["h2"]) throws(ClientError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = protocols
        if acceptsAnyCertificate { configuration.certificateVerification = .none }
        if let authorities {
            configuration.trustRoots = .certificates(
                try Self.use("the authorities' certificates") { try NIOSSLCertificate.fromPEMBytes(authorities) }
            )
        }
        guard (certificateChain == nil) == (privateKey == nil) else {
            throw .badInput("a client certificate and its private key go together")
        }
        if let certificateChain, let privateKey {
            let chain = try Self.use("the client's certificate") {
                try NIOSSLCertificate.fromPEMBytes(certificateChain)
            }
            configuration.certificateChain = chain.map { .certificate($0) }
            let key = try Self.use("the client's private key") {
                try NIOSSLPrivateKey(bytes: privateKey, format: .pem)
            }
            configuration.privateKey = .privateKey(key)
        }
        return try Self.use("the TLS settings") { [configuration] in try NIOSSLContext(configuration: configuration) }
    }

    private static func use<Result>(_ part: String, _ body: () throws -> Result) throws(ClientError) -> Result {
        do {
            return try body()
        } catch {
            throw .badInput("\(part) cannot be used: \(error)")
        }
    }

    /// The handler for one connection. A name is checked against the certificate and sent ahead; an address is only checked.
    package static func handler(_ context: NIOSSLContext, host: String) throws -> NIOSSLClientHandler {
        do {
            return try NIOSSLClientHandler(context: context, serverHostname: host)
        } catch let error as NIOSSLExtraError where error == .cannotUseIPAddressInSNI {
            return try NIOSSLClientHandler(context: context, serverHostname: nil)
        }
    }

    /// - Returns: `nil` for an error that is none of a handshake, such as an end without TLS's goodbye.
    package static func reason(ofBroken error: any Error) -> String? {
        switch error {
        case NIOSSLError.uncleanShutdown: nil
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: reason(ofFailed: error)
        default: nil
        }
    }

    /// What a failed handshake comes down to. The library says it in a text of its own, places in its source included.
    package static func reason(ofFailed error: any Error) -> String {
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "its certificate is not trusted; --tls-ca names an authority to trust"
        }
        if text.contains("WRONG_VERSION_NUMBER") {
            return "it does not speak TLS there; plaintext is http:// or grpc://"
        }
        if case .unableToValidateCertificate? = error as? NIOSSLError { return "its certificate is for another name" }
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            return "its certificate is for another name"
        }
        return "the TLS handshake failed"
    }
}
