// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import NIOSSL
import TestSupport
import Testing
import Transport

@testable import HTTPServer

@Suite("HTTP over TLS", .serialized) struct HTTPTLSTests {
    private static func files(_ path: (String) -> String, isMutual: Bool) -> TLSFiles {
        TLSFiles(
            certificate: .init(flag: "--tls-cert", path: path("server.pem")),
            key: .init(flag: "--tls-key", path: path("server.key")),
            clientRoots: isMutual ? .init(flag: "--tls-client-roots", path: path("root.pem")) : nil,
            protocols: ["http/1.1"]
        )
    }

    private static func client(
        withCertificate: Bool = false,
        trusting roots: [NIOSSLCertificate]? = nil,
        at most: TLSVersion? = nil
    ) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(
            try roots ?? NIOSSLCertificate.fromPEMBytes(Array(TestCertificates.root.utf8))
        )
        configuration.applicationProtocols = ["h2", "http/1.1"]
        configuration.certificateVerification = .noHostnameVerification
        configuration.minimumTLSVersion = .tlsv1
        configuration.maximumTLSVersion = most
        if withCertificate {
            let chain = try NIOSSLCertificate.fromPEMBytes(Array(TestCertificates.clientCertificate.utf8))
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(
                try NIOSSLPrivateKey(bytes: Array(TestCertificates.clientKey.utf8), format: .pem)
            )
        }
        return try NIOSSLContext(configuration: configuration)
    }

    @Test("answers hot and cold requests and ends connections in order")
    func requests() async throws {
        try await TestCertificates.withFiles(TestCertificates.all) { path in
            let files = Self.files(path, isMutual: false)
            try await LiveServer.run(configure: { $0.tls = files }) { live in
                let client = try await TLSClient.connect(port: live.port, tls: Self.client())
                #expect(client.agreedProtocol == "http/1.1")
                client.send(inferRequest("echo", body: "one") + get("/v2/health/live"))
                #expect(await client.received("one") != nil)
                client.send(inferRequest("echo", body: String(repeating: "x", count: 200_000) + "end"))
                #expect(await client.received("xend") != nil)
                client.clear()
                client.send("GET /v2/health/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                #expect(await client.received("200 OK") != nil)
                #expect(await client.isEnded())
                let metrics = try await TLSClient.connect(port: live.metricsPort, tls: Self.client())
                metrics.send(get("/metrics"))
                #expect(await metrics.received("up 1") != nil)
                await metrics.close()
                #expect(await LiveServer.eventually { live.holdsNothing })
            }
        }
    }

    @Test("serves nobody without the certificate that it asks for, and tells the gate whose it was")
    func clientCertificates() async throws {
        try await TestCertificates.withFiles(TestCertificates.all) { path in
            let files = Self.files(path, isMutual: true)
            for recognises in [false, true] {
                let gate = CertificateGate()
                try await LiveServer.run(recognises: recognises, asking: gate, configure: { $0.tls = files }) { live in
                    let client = try await TLSClient.connect(port: live.port, tls: Self.client(withCertificate: true))
                    client.send(inferRequest("echo", body: "one"))
                    #expect(await client.received("one") != nil)
                    client.send(get("/v2/health/live"))
                    #expect(await LiveServer.eventually { gate.seen.count == 2 })
                    await client.close()
                    // With TLS 1.3 a client learns of it only when it has sent something.
                    if let nobody = try? await TLSClient.connect(port: live.port, tls: Self.client()) {
                        nobody.send(get("/v2/health/live"))
                        #expect(await nobody.isEnded())
                        #expect(await nobody.received("HTTP/1.1") == nil)
                    }
                }
                let proven = TestCertificates.clientNames
                #expect(gate.seen == [proven, proven])
            }
        }
    }

    @Test("speaks no TLS before 1.2", arguments: [(TLSVersion.tlsv1, false), (.tlsv11, false), (.tlsv12, true)])
    func versions(most: TLSVersion, isServed: Bool) async throws {
        try await TestCertificates.withFiles(TestCertificates.all) { path in
            let files = Self.files(path, isMutual: false)
            try await LiveServer.run(recognises: true, configure: { $0.tls = files }) { live in
                let client = try? await TLSClient.connect(port: live.port, tls: Self.client(at: most))
                #expect((client != nil) == isServed)
                await client?.close()
            }
        }
    }

    @Test("is not trusted by who trusts another authority")
    func otherAuthority() async throws {
        try await TestCertificates.withFiles(TestCertificates.all) { path in
            let files = Self.files(path, isMutual: false)
            try await LiveServer.run(recognises: true, configure: { $0.tls = files }) { live in
                let other = try NIOSSLCertificate.fromPEMBytes(LoopbackCertificate.pem)
                await #expect(throws: (any Error).self) {
                    try await TLSClient.connect(port: live.port, tls: Self.client(trusting: other))
                }
            }
        }
    }

    @Test("ends a connection that never shakes hands", arguments: ["", "GET / HTTP/1.1\r\nHost: h\r\n\r\n"])
    func silence(text: String) async throws {
        try await TestCertificates.withFiles(TestCertificates.all) { path in
            let files = Self.files(path, isMutual: false)
            try await LiveServer.run(
                recognises: true,
                configure: {
                    $0.tls = files
                    $0.connectionLimits.headerSeconds = 1
                }
            ) { live in
                let client = try RawClient(port: live.port)
                client.send(text)
                let start = ContinuousClock.now
                while await !client.isAtEnd(), ContinuousClock.now - start < .seconds(15) {}
                #expect(ContinuousClock.now - start < .seconds(10))
            }
        }
    }

    @Test("gives new connections the new certificate, and leaves the others alone")
    func reload() async throws {
        try await TestCertificates.withFiles(TestCertificates.all) { path in
            let files = Self.files(path, isMutual: false)
            let (certificate, key) = (path("server.pem"), path("server.key"))
            try await LiveServer.run(recognises: true, configure: { $0.tls = files }) { live in
                let old = try await TLSClient.connect(port: live.port, tls: Self.client())
                try Data("not a certificate".utf8).write(to: URL(filePath: certificate))
                try await Task.sleep(for: .seconds(3))
                try await TLSClient.connect(port: live.port, tls: Self.client()).close()
                try Data(LoopbackCertificate.pem).write(to: URL(filePath: certificate))
                try Data(LoopbackCertificate.privateKey).write(to: URL(filePath: key))
                let new = try NIOSSLCertificate.fromPEMBytes(LoopbackCertificate.pem)
                var client: TLSClient?
                for _ in 0..<100 where client == nil {
                    client = try? await TLSClient.connect(port: live.port, tls: Self.client(trusting: new))
                    try await Task.sleep(for: .milliseconds(100))
                }
                client?.send(get("/v2/health/live"))
                #expect(await client?.received("200 OK") != nil)
                old.send(inferRequest("echo", body: "still"))
                #expect(await old.received("still") != nil)
                await client?.close()
                await old.close()
            }
        }
    }

    @Test(
        "refuses a key that others can read",
        arguments: [(0o600, true), (0o640, true), (0o644, false), (0o660, false)]
    )
    func keyMode(mode: Int, isTaken: Bool) async throws {
        try await TestCertificates.withFiles(TestCertificates.all) { path in
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path("server.key"))
            do throws(ServingError) {
                _ = try Self.files(path, isMutual: false).context()
                #expect(isTaken)
            } catch {
                #expect(!isTaken)
                #expect(error.code == .permissionDenied)
                #expect(error.message.contains("chmod 640 '\(path("server.key"))'"))
            }
        }
    }
}
