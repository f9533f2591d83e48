// SPDX-License-Identifier: Apache-2.0
import Foundation
import KServeClient
import NIOPosix
import TestSupport
import Testing

@testable import buckler

@Suite struct BenchKeyTests {
    private static let secret = "bkl_abcdefghijkl_TheSecretOfTheTests"

    private func key(_ text: String = secret) throws -> APIKey { try APIKey(line: text, origin: "a test") }

    private func measure(
        _ url: String,
        encrypted: Bool = false,
        apiKey: APIKey?,
        headers: [(String, String)] = []
    ) async throws -> LoadTally {
        let address = try ServerAddress(url)
        var trust = TLSTrust()
        trust.authorities = LoopbackCertificate.pem
        let tls = encrypted ? try trust.context(protocols: address.scheme.applicationProtocols) : nil
        let request = BenchRequest(path: "/a/b", headers: headers, body: [1, 2, 3])
        let target = LoadTarget(address: address, request, tls: tls, apiKey: apiKey, processID: nil)
        let plan = LoadPlan(inFlight: 2, warmUpSeconds: 0.1, seconds: 0.3)
        let run = LoadRun(target: target, plan: plan, group: .singletonMultiThreadedEventLoopGroup)
        return try await run.measure().tally
    }

    @Test(arguments: [false, true])
    func everyRequestCarriesIt(encrypted: Bool) async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        let server = try await HTTPTestServer(encrypted: encrypted, answering: answer, closes: false)
        let url = "\(encrypted ? "https" : "http")://127.0.0.1:\(server.port)"
        let tally = try await measure(url, encrypted: encrypted, apiKey: key())
        #expect(tally.succeeded > 0)
        #expect(tally.failed == 0)
        let requests = server.text.components(separatedBy: "POST /a/b ").dropFirst()
        #expect(requests.allSatisfy { $0.contains("authorization: Bearer \(Self.secret)\r\n") })
        try await server.stop()
    }

    @Test func aHeaderOfTheUsersIsNotDoubled() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        let server = try await HTTPTestServer(answering: answer, closes: false)
        _ = try await measure(
            "http://127.0.0.1:\(server.port)",
            apiKey: key(),
            headers: [("X-API-Key", "another")]
        )
        #expect(server.text.contains("X-API-Key: another"))
        #expect(!server.text.contains("bkl_"))
        try await server.stop()
    }

    @Test func refusalsDoNotRepeatIt() async throws {
        let body = String(repeating: "x", count: 190) + Self.secret
        let answer = "HTTP/1.1 401 No\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        let server = try await HTTPTestServer(answering: answer, closes: false)
        let tally = try await measure("http://127.0.0.1:\(server.port)", apiKey: key())
        #expect(tally.failedByStatus.keys.first == 401)
        #expect(tally.firstRefusal?.contains("bkl_") == false)
        let run = Measurement(tally: tally, inFlight: 2, nanoseconds: 1)
        let report = BenchReport.text([.single(run)], labels: ["a", ""])
        #expect(report.contains("set BUCKLER_API_KEY"))
        #expect(!report.contains("bkl_"))
        try await server.stop()
    }

    @Test func aServerWithoutTLSIsNamed() async throws {
        let server = try await HTTPTestServer(answering: "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n")
        let tally = try await measure("https://127.0.0.1:\(server.port)", encrypted: true, apiKey: nil)
        #expect(tally.succeeded == 0)
        try await server.stop()
    }

    /// The later blocks refer to the server's table, which a long token does not fit.
    @Test(arguments: [secret, String(repeating: "a", count: 8192)])
    func everyCallCarriesIt(_ text: String) async throws {
        let server = try await GRPCTestServer { _, event in
            guard case .message(let message) = event else { return [] }
            return [GRPCTestServer.headers, .message(message)] + GRPCTestServer.success
        }
        let tally = try await measure("grpc://127.0.0.1:\(server.port)", apiKey: key(text))
        #expect(tally.succeeded > 2)
        #expect(tally.failed == 0)
        let heads = server.requestHeaders
        #expect(heads.count > 4)
        #expect(heads.allSatisfy { head in head.contains { $0.0 == "authorization" && $0.1 == "Bearer " + text } })
        try await server.stop()
    }

    @Test(arguments: [
        ("\(secret)\n", secret), ("\n# mine\n\(secret)\r\nother\n", secret), ("name=a key=\(secret)", secret),
        (String(repeating: "#", count: 16 << 10) + "\n\(secret)\n", nil), ("", nil), ("# nothing\n", nil),
        (secret + "\n" + String(repeating: "x", count: 20 << 10), secret),
    ])
    func readsAFile(_ content: String, expected: String?) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("key-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(content.utf8).write(to: file)
        let key = try? ServerOptions.apiKey(inFile: file.path)
        #expect(key?.headerValue == expected.map { "Bearer " + $0 })
    }
}
