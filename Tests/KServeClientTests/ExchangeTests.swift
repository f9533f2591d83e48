// SPDX-License-Identifier: Apache-2.0
import KServeClient
import TestSupport
import Testing

@Suite struct ExchangeTests {
    private func client(_ server: HTTPTestServer, limit: Int = 1 << 20, seconds: Int = 30) throws -> KServeClient {
        let address = try ServerAddress("127.0.0.1:\(server.port)")
        return KServeClient(HTTPExchange(address: address, timeoutSeconds: seconds, answerLimit: limit))
    }

    private func outcome(
        of answer: String,
        limit: Int = 1 << 20,
        seconds: Int = 30
    ) async throws -> Result<JSONValue, ClientError> {
        let server = try await HTTPTestServer(answering: answer)
        let result: Result<JSONValue, ClientError>
        let client = try client(server, limit: limit, seconds: seconds)
        do throws(ClientError) {
            result = .success(try await client.metadata(ofModel: "m"))
        } catch {
            result = .failure(error)
        }
        try await server.stop()
        return result
    }

    @Test func readsADocument() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"name\":\"m\"}"
        #expect(try await outcome(of: answer).get()["name"]?.text == "m")
    }

    @Test func readsChunks() async throws {
        let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n"
        #expect(try await outcome(of: answer).get() == .array([.integer(1), .integer(2)]))
    }

    @Test func passesOnWhatTheServerSays() async throws {
        let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 16\r\n\r\n{\"error\":\"gone\"}"
        #expect(try await outcome(of: answer) == .failure(.refused(status: 404, message: "gone")))
    }

    @Test func boundsTheAnswer() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        #expect(try await outcome(of: answer, limit: 2) == .success(.object([])))
        #expect(try await outcome(of: answer, limit: 1) == .failure(.answerTooLarge(limit: 1)))
    }

    @Test func noticesACutOffAnswer() async throws {
        let result = try await outcome(of: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
        guard case .failure(.connectionLost) = result else {
            Issue.record("expected a lost connection, not \(result)")
            return
        }
    }

    @Test func doesNotWaitForEver() async throws {
        guard case .failure(.timedOut(_, seconds: 1)) = try await outcome(of: "", seconds: 1) else {
            Issue.record("expected a timeout")
            return
        }
    }

    @Test func saysWhereNobodyListens() async throws {
        let server = try await HTTPTestServer(answering: "")
        let client = try client(server)
        try await server.stop()
        let error = await #expect(throws: ClientError.self) { try await client.metadata(ofModel: "m") }
        #expect(error?.description.contains("connection refused") == true)
        #expect(error?.description.contains("buckler serve") == true)
    }
}
