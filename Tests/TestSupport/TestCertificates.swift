// SPDX-License-Identifier: Apache-2.0
import Foundation
package import Inference
package import NIOSSL

/// Certificates made for these tests, good until 2125 and for nothing else:
/// `openssl ecparam -name prime256v1 -genkey`, `openssl req -x509`, `openssl x509 -req`.
package enum TestCertificates {
    /// Who signed both of the others.
    package static let root = """
        -----BEGIN CERTIFICATE-----
        MIIBkDCCATWgAwIBAgIUNWinVa2cEKW0uA9iA1HoM4DOoD8wCgYIKoZIzj0EAwIw
        HDEaMBgGA1UEAwwRQnVja2xlciB0ZXN0IHJvb3QwIBcNMjYxMTIxMDg0NzA5WhgP
        MjEyNjEwMjgwODQ3MDlaMBwxGjAYBgNVBAMMEUJ1Y2tsZXIgdGVzdCByb290MFkw
        EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEE5BgUhdTEZGq4Zbc6YLG9FL9oNOHeRyI
        JTNl8POmvB4K4FVpC1wJgtBpb2GUITMuxjWYurcXdrr8aYTBF5/XSqNTMFEwHQYD
        VR0OBBYEFJl5jpkkoWtxOKQ+p0Qw8wwUOYHcMB8GA1UdIwQYMBaAFJl5jpkkoWtx
        OKQ+p0Qw8wwUOYHcMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIh
        ANHALEqv52iZXaZv0gmycBBh/sHaQJ9ZtJZO37ggFwxGAiEA5DpFrfx+PAjwbqSw
        at5lE84U3slHd/EgXZFjETKX0Mw=
        -----END CERTIFICATE-----
        """

    /// For localhost and 127.0.0.1.
    package static let serverCertificate = """
        -----BEGIN CERTIFICATE-----
        MIIBjjCCATWgAwIBAgIURlGaVdlxYOiXHdo0gIxbd/VGLYkwCgYIKoZIzj0EAwIw
        HDEaMBgGA1UEAwwRQnVja2xlciB0ZXN0IHJvb3QwIBcNMjYxMTIxMDg0NzA5WhgP
        MjEyNjEwMjgwODQ3MDlaMBExDzANBgNVBAMMBnNlcnZlcjBZMBMGByqGSM49AgEG
        CCqGSM49AwEHA0IABNeb0XFClu/5hhClJy0NdmS6SxXauYBtTm8aDsFxBzZDYR0B
        8cpk+LYVaCg9jUq3SeqOG9MD/kA6b1ZCHX8KVSajXjBcMBoGA1UdEQQTMBGCCWxv
        Y2FsaG9zdIcEfwAAATAdBgNVHQ4EFgQUQeBvT1TFx+QF+d0Mlc63ZOHI3UMwHwYD
        VR0jBBgwFoAUmXmOmSSha3E4pD6nRDDzDBQ5gdwwCgYIKoZIzj0EAwIDRwAwRAIg
        E79VX+vvoBu5u2+aPg3YVctlsyn1IU3P440MnCYIiAUCIEIVZnHLgN315Nxbd9Bn
        Ah0WfRtBoiEx53G3kU0rZMng
        -----END CERTIFICATE-----
        """

    package static let serverKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIWubsakbpUowTJ/c
        N9HEKf5IDTZKMwQ1kuoeajvQWrmhRANCAATXm9FxQpbv+YYQpSctDXZkuksV2rmA
        bU5vGg7BcQc2Q2EdAfHKZPi2FWgoPY1Kt0nqjhvTA/5AOm9WQh1/ClUm
        -----END PRIVATE KEY-----
        """

    package static let clientCertificate = """
        -----BEGIN CERTIFICATE-----
        MIIBjjCCATWgAwIBAgIURlGaVdlxYOiXHdo0gIxbd/VGLYowCgYIKoZIzj0EAwIw
        HDEaMBgGA1UEAwwRQnVja2xlciB0ZXN0IHJvb3QwIBcNMjYxMTIxMDg0NzA5WhgP
        MjEyNjEwMjgwODQ3MDlaMBExDzANBgNVBAMMBmNsaWVudDBZMBMGByqGSM49AgEG
        CCqGSM49AwEHA0IABF2N/cwfL6w+GKJdAQdqAQex3k57shpwU4qTjdNiUlgXdIvh
        OW6kyYoxqYTPHeYcpsS28qXqRhigXa/RntfCQZCjXjBcMBoGA1UdEQQTMBGCCWxv
        Y2FsaG9zdIcEfwAAATAdBgNVHQ4EFgQUgza5H4NLx9Gf/aSoBNNFSS5pMGIwHwYD
        VR0jBBgwFoAUmXmOmSSha3E4pD6nRDDzDBQ5gdwwCgYIKoZIzj0EAwIDRwAwRAIg
        eeLjVAqK4SSpaE0ujchWuf8JjvmHX/yLlWBJvBIKnnECIHhjDbGWUd9MIk/VoIhk
        MXwxW3LUsFvKLERJcx0EBAal
        -----END CERTIFICATE-----
        """

    package static let clientKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgP6skCQIRENnf9FtC
        7U0rGJ+Ns5Pvk2faor1HuVM26juhRANCAARdjf3MHy+sPhiiXQEHagEHsd5Oe7Ia
        cFOKk43TYlJYF3SL4TlupMmKMamEzx3mHKbEtvKl6kYYoF2v0Z7XwkGQ
        -----END PRIVATE KEY-----
        """

    /// Writes each text to a file of its name in a new directory, and removes them all after `body`.
    package static func withFiles(
        _ texts: [String: String],
        _ body: (_ path: (String) -> String) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "buckler-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, text) in texts {
            let file = directory.appending(path: name)
            try text.write(to: file, atomically: true, encoding: .utf8)
            guard name.hasSuffix(".key") else { continue }
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        }
        try await body { directory.appending(path: $0).path(percentEncoded: false) }
    }

    package static let all = [
        "root.pem": root, "server.pem": serverCertificate, "server.key": serverKey, "client.pem": clientCertificate,
        "client.key": clientKey,
    ]

    /// What stands in ``clientCertificate``.
    package static let clientNames = PeerCertificate(
        commonName: "client",
        alternativeNames: ["dns:localhost", "ip:127.0.0.1"],
        subject: ["CN=client"],
        expiresAt: 4_948_850_829
    )

    /// - Parameter protocols: what the client says it speaks.
    package static func client(withCertificate: Bool, protocols: [String] = ["h2"]) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(root.utf8)))
        configuration.applicationProtocols = protocols
        configuration.certificateVerification = .noHostnameVerification
        if withCertificate {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(clientCertificate.utf8))
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(clientKey.utf8), format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
