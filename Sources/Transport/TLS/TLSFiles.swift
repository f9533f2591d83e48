// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOSSL

/// The PEM files that a listener's TLS is made from, each with the flag that named it.
package struct TLSFiles: Sendable, Equatable {
    package struct File: Sendable, Equatable {
        package var flag: String
        package var path: String
        /// What a program printed that is named in place of a private key's file; ``path`` is then only shown.
        package var content: [UInt8]?

        package init(flag: String, path: String, content: [UInt8]? = nil) {
            self.flag = flag
            self.path = path
            self.content = content
        }
    }

    /// The server's certificate first, then those that lead to a root.
    package var certificate: File
    package var key: File
    /// Who has signed the certificates of clients; they are asked for one, and served only with one, if it is given.
    package var clientRoots: File?
    /// Names of ALPN, preferred first.
    package var protocols: [String]

    package init(certificate: File, key: File, clientRoots: File?, protocols: [String]) {
        self.certificate = certificate
        self.key = key
        self.clientRoots = clientRoots
        self.protocols = protocols
    }

    /// What TLS 1.2 may be spoken with: keys that are made anew for each connection, and ciphers that notice what was
    /// changed. Those of TLS 1.3 are all of that kind.
    private static let cipherSuites: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]

    /// - Throws: `.invalidArgument`, naming flag and file, for what cannot be read or is not what it should be;
    ///   `.permissionDenied` for a key that other users of the machine could have read.
    package func context() throws(ServingError) -> NIOSSLContext {
        let chain = try read(certificate, "a PEM file of certificates") { path in
            try NIOSSLCertificate.fromPEMFile(path)
        }
        guard !chain.isEmpty else { throw Self.fault(certificate, "a PEM file of certificates", cause: nil) }
        let keyBytes = try PrivateKeyFile(key).bytes()
        let privateKey = try read(key, "a PEM file of a private key") { _ in
            try NIOSSLPrivateKey(bytes: keyBytes, format: .pem)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(privateKey)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = Self.cipherSuites
        configuration.renegotiationSupport = .none
        configuration.applicationProtocols = protocols
        if let clientRoots {
            let roots = try read(clientRoots, "a PEM file of certificates") { path in
                try NIOSSLCertificate.fromPEMFile(path)
            }
            guard !roots.isEmpty else { throw Self.fault(clientRoots, "a PEM file of certificates", cause: nil) }
            configuration.trustRoots = .certificates(roots)
            // A client's certificate says who it is, not at which host it is.
            configuration.certificateVerification = .noHostnameVerification
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw ServingError(
                .invalidArgument,
                "\(key.flag)=\(key.path) does not belong to \(certificate.flag)=\(certificate.path)",
                cause: "\(error)"
            )
        }
    }

    /// What can be told of the files without opening them, to see that they are others.
    var stamps: [FileStamp?] {
        [certificate, key.content == nil ? key : nil, clientRoots].map { $0.flatMap { FileStamp($0.path) } }
    }

    private func read<Content>(
        _ file: File,
        _ what: String,
        _ body: (String) throws -> Content
    ) throws(ServingError) -> Content {
        do {
            return try body(file.path)
        } catch {
            throw Self.fault(file, what, cause: "\(error)")
        }
    }

    static func fault(_ file: File, _ what: String, cause: String?) -> ServingError {
        ServingError(.invalidArgument, "\(file.flag)=\(file.path) cannot be read as \(what)", cause: cause)
    }
}
