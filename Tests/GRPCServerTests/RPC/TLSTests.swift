// SPDX-License-Identifier: Apache-2.0
import Access
import Inference
import NIOSSL
import Synchronization
import TestSupport
import Testing
import Transport

@testable import GRPCServer

@Suite("gRPC over TLS", .serialized) struct TLSTests {
    private static func files(_ path: (String) -> String, isMutual: Bool) -> TLSFiles {
        TLSFiles(
            certificate: .init(flag: "--grpc-server-cert", path: path("server.pem")),
            key: .init(flag: "--grpc-server-key", path: path("server.key")),
            clientRoots: isMutual ? .init(flag: "--grpc-root-cert", path: path("root.pem")) : nil,
            protocols: ["h2"]
        )
    }

    @Test(
        "serves clients that trust it, and those with a certificate where one is asked for",
        arguments: [
            (false, false, true), (false, true, true), (true, true, true), (true, false, false),
        ]
    )
    func handshake(isMutual: Bool, hasCertificate: Bool, isServed: Bool) async throws {
        try await TestCertificates.withFiles(TestCertificates.all) { path in
            let files = Self.files(path, isMutual: isMutual)
            try await LiveRPC.run(configure: { $0.tls = files }) { server in
                let tls = try TestCertificates.client(withCertificate: hasCertificate)
                // Whom the server refuses may find the connection closed before it has sent anything.
                guard let client = isServed ? try await server.connect(tls: tls) : try? await server.connect(tls: tls)
                else { return }
                let answer = await client.call("/test.Echo/Unary", [UInt8](repeating: 3, count: 100_000))
                #expect((answer.status == 0) == isServed)
                #expect((answer.messages?.first?.count == 100_000) == isServed)
                #expect(await server.eventuallyHoldsNothing())
                await client.close()
            }
        }
    }

    @Test("tells the gate whose certificate it was")
    func certificateReachesTheGate() async throws {
        try await TestCertificates.withFiles(TestCertificates.all) { path in
            let files = Self.files(path, isMutual: true)
            let gate = CertificateGate()
            try await LiveRPC.run(asking: gate, configure: { $0.tls = files }) { server in
                let client = try await server.connect(tls: try TestCertificates.client(withCertificate: true))
                #expect(await client.call("/test.Echo/Unary", [1]).status == 0)
                await client.close()
            }
            #expect(gate.seen == [TestCertificates.clientNames])
        }
    }

    @Test("serves no one who did not ask for HTTP/2", arguments: [[], ["http/1.1"]])
    func withoutALPN(protocols: [String]) async throws {
        try await TestCertificates.withFiles(TestCertificates.all) { path in
            let files = Self.files(path, isMutual: false)
            try await LiveRPC.run(configure: { $0.tls = files }) { server in
                let tls = try TestCertificates.client(withCertificate: false, protocols: protocols)
                guard let client = try? await server.connect(tls: tls) else { return }
                let stream = client.open("/test.Echo/Unary")
                client.sendMessage([1], on: stream, end: true)
                #expect(await client.eventually { $0.isClosed })
                #expect(client.stream(stream).headers.isEmpty)
            }
        }
    }

    @Test("is not given to those who speak plaintext")
    func plaintext() async throws {
        try await TestCertificates.withFiles(TestCertificates.all) { path in
            let files = Self.files(path, isMutual: false)
            try await LiveRPC.run(configure: { $0.tls = files }) { server in
                // The server may have seen enough before the client is done connecting.
                guard let client = try? await server.connect() else { return }
                _ = client.open("/test.Echo/Unary")
                #expect(await client.eventually { $0.isClosed })
            }
        }
    }

    @Test(
        "needs files that are what they should be",
        arguments: [
            ("server.pem", "no certificate", "--grpc-server-cert"), ("server.key", "no key", "--grpc-server-key"),
            ("root.pem", "", "--grpc-root-cert"), ("server.key", TestCertificates.clientKey, "--grpc-server-key"),
        ]
    )
    func badFiles(name: String, content: String, flag: String) async throws {
        var texts = TestCertificates.all
        texts[name] = content
        try await TestCertificates.withFiles(texts) { path in
            do throws(ServingError) {
                _ = try Self.files(path, isMutual: true).context()
                Issue.record("a bad \(name) was taken")
            } catch {
                #expect(error.message.contains("\(flag)=\(path(name))"))
            }
        }
    }

    @Test("needs files that are there")
    func missingFile() async throws {
        let error = #expect(throws: ServingError.self) {
            _ = try Self.files({ "/nonexistent/\($0)" }, isMutual: false).context()
        }
        #expect(
            error?.message == "--grpc-server-cert=/nonexistent/server.pem cannot be read as a PEM file of certificates"
        )
    }
}
