// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOSSL

/// The PEM files that a listener's TLS is made from, each with the flag that named it.
package struct TLSFiles: Sendable, Equatable {
    package struct File: Sendable, Equatable {
        package var flag: String
        package var path: String

        package init(flag: String, path: String) {
            self.flag = flag
            self.path = path
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

    /// - Throws: `.invalidArgument`, naming flag and file, for what cannot be read or is not what it should be.
    package func context() throws(ServingError) -> NIOSSLContext {
        let chain = try read(certificate, "a PEM file of certificates") { path in
            try NIOSSLCertificate.fromPEMFile(path)
        }
        guard !chain.isEmpty else { throw Self.fault(certificate, "a PEM file of certificates", cause: nil) }
        let privateKey = try read(key, "a PEM file of a private key") { path in
            try NIOSSLPrivateKey(file: path, format: .pem)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(privateKey)
        )
        configuration.minimumTLSVersion = .tlsv12
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

    private static func fault(_ file: File, _ what: String, cause: String?) -> ServingError {
        ServingError(.invalidArgument, "\(file.flag)=\(file.path) cannot be read as \(what)", cause: cause)
    }
}
