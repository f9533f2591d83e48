// SPDX-License-Identifier: Apache-2.0
import KServeClient
import TestSupport
import Testing

@Suite struct APIKeyTests {
    private static let secret = "bkl_abcdefghijkl_TheSecretOfTheTests"

    private func key() throws -> APIKey { try APIKey(line: Self.secret, origin: "a test") }

    @Test(arguments: [
        secret, "  \(secret)\r", "name=ci scopes=infer key=\(secret)", "key=\(secret) name=ci",
    ])
    func readsALine(_ line: String) throws {
        #expect(try APIKey(line: line, origin: "a test") == key())
        #expect(try key().headerValue == "Bearer " + Self.secret)
    }

    @Test(arguments: [(1, true), (8192, true), (8193, false)])
    func boundsTheLength(_ count: Int, isKey: Bool) {
        let key = try? APIKey(line: String(repeating: "a", count: count), origin: "x")
        #expect((key != nil) == isKey)
    }

    @Test(arguments: ["", " ", "key=", "sécret", "secret\u{7F}", "secret word", "name=x secret"])
    func refusesWithoutShowingIt(_ text: String) throws {
        let error = #expect(throws: ClientError.self) { try APIKey(line: text, origin: "the file") }
        #expect(error?.description.contains("the file") == true)
        #expect(error?.description.contains("secret") == false)
        #expect(error?.description.contains("sécret") == false)
    }

    @Test func isNeverPrinted() throws {
        let key = try key()
        var settings = GRPCConnection.Settings()
        settings.apiKey = key
        let exchange = HTTPExchange(address: try ServerAddress("h:1"), apiKey: key)
        var dumped = ""
        // No deeper than their own parts: the event loops that they share hold what other tests do at the same time.
        dump(settings, to: &dumped, maxDepth: 3)
        dump(exchange, to: &dumped, maxDepth: 3)
        #expect(dumped.contains("apiKey"))
        let printed = ["\(key)", "\(settings)", "\(exchange)"]
        for text in printed + [String(reflecting: key), String(reflecting: exchange), dumped] {
            #expect(!text.contains("TheSecret"))
        }
    }

    @Test func leavesOtherCredentialsAlone() throws {
        let key: APIKey? = try key()
        #expect(key.authorizing([("a", "b")]).map(\.0) == ["a", "authorization"])
        for own in ["Authorization", "X-API-Key"] { #expect(key.authorizing([(own, "b")]).map(\.0) == [own]) }
        let none: APIKey? = nil
        let untouched = none.authorizing([])
        #expect(untouched.isEmpty)
    }

    private func http(
        _ answer: String,
        encrypted: Bool = false,
        apiKey: APIKey?
    ) async throws -> (sent: String, error: ClientError?) {
        let server = try await HTTPTestServer(encrypted: encrypted, answering: answer)
        let address = try ServerAddress("\(encrypted ? "https" : "http")://127.0.0.1:\(server.port)")
        var trust = TLSTrust()
        trust.authorities = LoopbackCertificate.pem
        let tls = encrypted ? try trust.context(protocols: address.scheme.applicationProtocols) : nil
        let client = KServeClient(HTTPExchange(address: address, timeoutSeconds: 10, tls: tls, apiKey: apiKey))
        var failure: ClientError?
        do throws(ClientError) {
            _ = try await client.metadata(ofModel: "m")
        } catch {
            failure = error
        }
        try await server.stop()
        return (server.text, failure)
    }

    private static let good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

    private static func refusal(_ status: Int, _ body: String) -> String {
        "HTTP/1.1 \(status) No\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test(arguments: [false, true])
    func goesWithRequests(encrypted: Bool) async throws {
        let (sent, error) = try await http(Self.good, encrypted: encrypted, apiKey: key())
        #expect(error == nil)
        #expect(sent.contains("authorization: Bearer \(Self.secret)\r\n"))
        let without = try await http(Self.good, apiKey: nil).sent
        #expect(!without.contains("authorization"))
    }

    @Test(arguments: [
        #"{"error":"no bkl_abcdefghijkl_TheSecretOfTheTests"}"#, "no bkl_abcdefghijkl_TheSecretOfTheTests",
        String(repeating: "x", count: 280) + "bkl_abcdefghijkl_TheSecretOfTheTests",
    ])
    func errorsDoNotRepeatIt(_ body: String) async throws {
        for status in [401, 403, 500] {
            let error = try await http(Self.refusal(status, body), apiKey: key()).error
            let text = try #require(error).description
            #expect(!text.contains("bkl_"))
            #expect(text.contains("(API key)"))
        }
    }

    @Test func saysWhatToDoNext() async throws {
        let refusal = Self.refusal(401, #"{"error":"who are you"}"#)
        let without = try await http(refusal, apiKey: nil).error
        #expect(without == .unauthenticated(keyWasSent: false, message: "who are you"))
        #expect(without?.description.contains("--api-key-file FILE or set BUCKLER_API_KEY") == true)
        #expect(without?.description.contains("buckler key create NAME") == true)
        let with = try await http(refusal, apiKey: key()).error
        #expect(with?.description.contains("does not take the API key") == true)
        let forbidden = try await http(Self.refusal(403, #"{"error":"not yours"}"#), apiKey: key()).error
        #expect(forbidden == .refused(status: 403, message: "not yours"))
    }

    @Test func saysWhyTLSFails() async throws {
        let server = try await HTTPTestServer(encrypted: true, answering: Self.good)
        let address = try ServerAddress("https://127.0.0.1:\(server.port)")
        let tls = try TLSTrust().context(protocols: address.scheme.applicationProtocols)
        let client = KServeClient(HTTPExchange(address: address, timeoutSeconds: 10, tls: tls, apiKey: try key()))
        let error = await #expect(throws: ClientError.self) { try await client.metadata(ofModel: "m") }
        #expect(error?.description.contains("its certificate is not trusted") == true)
        #expect(server.text.isEmpty)
        try await server.stop()
    }

    private func grpc(
        _ trailers: [(String, String)],
        apiKey: APIKey?
    ) async throws -> (sent: [(String, String)], error: ClientError?) {
        let server = try await GRPCTestServer { _, event in
            if case .message(let message) = event {
                [GRPCTestServer.headers, .message(message), .trailers(trailers)]
            } else {
                []
            }
        }
        var settings = GRPCConnection.Settings()
        settings.apiKey = apiKey
        let address = try ServerAddress("grpc://127.0.0.1:\(server.port)")
        let connection = try await GRPCConnection.open(address, settings: settings)
        var failure: ClientError?
        do throws(ClientError) {
            _ = try await connection.unary("/a/b", [1])
        } catch {
            failure = error
        }
        await connection.close()
        try await server.stop()
        return (server.requestHeaders.first ?? [], failure)
    }

    @Test func goesWithCalls() async throws {
        let (sent, error) = try await grpc([("grpc-status", "0")], apiKey: key())
        #expect(error == nil)
        #expect(sent.first { $0.0 == "authorization" }?.1 == "Bearer " + Self.secret)
        let without = try await grpc([("grpc-status", "0")], apiKey: nil).sent
        #expect(!without.isEmpty)
        #expect(without.allSatisfy { $0.0 != "authorization" })
    }

    @Test func callsSayWhatToDoNext() async throws {
        let refused = [("grpc-status", "16"), ("grpc-message", "no \(Self.secret)")]
        let with = try await grpc(refused, apiKey: key()).error
        #expect(with == .unauthenticated(keyWasSent: true, message: "no (API key)"))
        let without = try await grpc([("grpc-status", "16")], apiKey: nil).error
        #expect(without?.description.contains("set BUCKLER_API_KEY") == true)
        let forbidden = try await grpc([("grpc-status", "7"), ("grpc-message", "not yours")], apiKey: key()).error
        #expect(forbidden == .rpcFailed(GRPCStatus(code: 7, message: "not yours")))
    }
}
