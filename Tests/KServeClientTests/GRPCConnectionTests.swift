// SPDX-License-Identifier: Apache-2.0
import KServeClient
import TestSupport
import Testing

@Suite struct GRPCConnectionTests {
    private func withServer<Result>(
        encrypted: Bool = false,
        settings: [(Int, Int)] = [],
        messageLimit: Int = 1 << 30,
        timeoutSeconds: Int = 600,
        _ script: @escaping GRPCTestServer.Script,
        _ body: (GRPCConnection) async throws -> Result
    ) async throws -> Result {
        let server = try await GRPCTestServer(encrypted: encrypted, settings: settings, script)
        var clientSettings = GRPCConnection.Settings()
        clientSettings.messageLimit = messageLimit
        clientSettings.timeoutSeconds = timeoutSeconds
        clientSettings.window = 100_000
        var trust = TLSTrust()
        trust.authorities = LoopbackCertificate.pem
        let connection = try await GRPCConnection.open(
            try ServerAddress("\(encrypted ? "grpcs" : "grpc")://127.0.0.1:\(server.port)"),
            tls: encrypted ? try trust.context() : nil,
            settings: clientSettings
        )
        let result = try await body(connection)
        await connection.close()
        try await server.stop()
        return result
    }

    private static let echo: GRPCTestServer.Script = { _, event in
        guard case .message(let message) = event else { return [] }
        return [GRPCTestServer.headers, .message(message)] + GRPCTestServer.success
    }

    @Test(arguments: [false, true])
    func asksOnce(encrypted: Bool) async throws {
        let answer = try await withServer(encrypted: encrypted, Self.echo) { connection in
            try await connection.unary("/a/b", [1, 2, 3])
        }
        #expect(answer == [1, 2, 3])
    }

    /// Far beyond every window, in both directions, over a server that opens small ones.
    @Test func largeMessagesPass() async throws {
        let message = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        let answer = try await withServer(settings: [(4, 1000)], Self.echo) { connection in
            try await connection.unary("/a/b", message)
        }
        #expect(answer == message)
    }

    @Test func streamsBothWays() async throws {
        let script: GRPCTestServer.Script = { _, event in
            switch event {
            case .message(let message) where message == [1]: [GRPCTestServer.headers, .message(message), .message([9])]
            case .message(let message): [.message(message)]
            case .halfClosed: GRPCTestServer.success
            }
        }
        try await withServer(script) { connection in
            let call = try await connection.call("/a/b", timeoutSeconds: 60)
            try await call.send([1])
            #expect(try await call.next() == [1])
            #expect(try await call.next() == [9])
            try await call.send([2])
            #expect(try await call.next() == [2])
            try await call.halfClose()
            #expect(try await call.next() == nil)
        }
    }

    /// Patient: beside a thousand other tests a call may have to wait for a minute.
    private func failure(
        messageLimit: Int = 1 << 30,
        timeoutSeconds: Int = 600,
        _ steps: [GRPCTestServer.Step]
    ) async throws -> ClientError? {
        let script: GRPCTestServer.Script = { _, event in if case .message = event { steps } else { [] } }
        return try await withServer(messageLimit: messageLimit, timeoutSeconds: timeoutSeconds, script) { connection in
            do throws(ClientError) {
                _ = try await connection.unary("/a/b", [])
                return nil
            } catch {
                return error
            }
        }
    }

    /// A reader that comes too late hears of the deadline, not of a connection that is well.
    @Test func aCallThatTimedOutUnreadSaysSo() async throws {
        try await withServer { _, _ in
            []
        } _: { connection in
            let call = try await connection.call("/a/b", timeoutSeconds: 1)
            try await Task.sleep(for: .milliseconds(1500))
            let error = await #expect(throws: ClientError.self) { try await call.next() }
            guard case .timedOut(_, seconds: 1)? = error else {
                Issue.record("expected a passed deadline, not \(String(describing: error))")
                return
            }
        }
    }

    private static func failure(of connection: GRPCConnection, _ path: String) async -> ClientError? {
        do throws(ClientError) {
            _ = try await connection.unary(path, [1])
            return nil
        } catch {
            return error
        }
    }

    private func code(_ error: ClientError?) -> Int? {
        guard case .rpcFailed(let status)? = error else { return nil }
        return status.code
    }

    @Test func passesOnWhatTheServerSays() async throws {
        let refused = [(":status", "200"), ("grpc-status", "5"), ("grpc-message", "no %27m%27")]
        #expect(try await failure([.trailers(refused)]) == .rpcFailed(GRPCStatus(code: 5, message: "no 'm'")))
        let late = [GRPCTestServer.headers, .message([1]), .trailers([("grpc-status", "13")])]
        #expect(code(try await failure(late)) == 13)
        let early = [GRPCTestServer.headers, .trailers([("grpc-status", "13")])]
        #expect(code(try await failure(early)) == 13)
    }

    @Test func saysWhatBecameOfTheCall() async throws {
        #expect(code(try await failure([.reset])) == GRPCStatus.unavailable)
        let address = try await failure([.disconnect])
        guard case .connectionLost? = address else {
            Issue.record("expected a lost connection, not \(String(describing: address))")
            return
        }
        guard case .timedOut(_, seconds: 1)? = try await failure(timeoutSeconds: 1, [GRPCTestServer.headers]) else {
            Issue.record("expected a timeout")
            return
        }
    }

    @Test func noticesThatTheServerGoesAway() async throws {
        let script: GRPCTestServer.Script = { path, event in
            path == "/a/away" && event != .halfClosed ? [.goAway(1)] : Self.echo(path, event)
        }
        try await withServer(script) { connection in
            let answer = try await connection.unary("/a/b", [1])
            #expect(answer == [1])
            for _ in 0..<2 {
                let error = await Self.failure(of: connection, "/a/away")
                #expect(code(error) == GRPCStatus.unavailable)
            }
        }
    }

    @Test func boundsTheAnswer() async throws {
        let steps = [GRPCTestServer.headers, .message([1, 2])] + GRPCTestServer.success
        #expect(try await failure(messageLimit: 2, steps) == nil)
        #expect(code(try await failure(messageLimit: 1, steps)) == GRPCStatus.resourceExhausted)
        let lie = [GRPCTestServer.headers, .bytes([0, 0xFF, 0xFF, 0xFF, 0xFF])]
        #expect(code(try await failure(lie)) == GRPCStatus.resourceExhausted)
    }

    @Test func oneAnswerIsAskedFor() async throws {
        let two = [GRPCTestServer.headers, .message([1]), .message([2])] + GRPCTestServer.success
        guard case .badAnswer? = try await failure(two) else {
            Issue.record("expected a complaint of two answers")
            return
        }
        guard case .badAnswer? = try await failure([GRPCTestServer.headers] + GRPCTestServer.success) else {
            Issue.record("expected a complaint of no answer")
            return
        }
    }

    @Test func believesOnlyWhomItIsTold() async throws {
        let server = try await GRPCTestServer(encrypted: true, Self.echo)
        func outcome(_ trust: TLSTrust) async throws -> Bool {
            let address = try ServerAddress("grpcs://localhost:\(server.port)")
            let connection = try await GRPCConnection.open(address, tls: try trust.context())
            defer { Task { await connection.close() } }
            do throws(ClientError) {
                return try await connection.unary("/a/b", [7]) == [7]
            } catch {
                guard case .cannotConnect = error else { throw error }
                return false
            }
        }
        var trust = TLSTrust()
        #expect(try await outcome(trust) == false)
        trust.acceptsAnyCertificate = true
        #expect(try await outcome(trust))
        trust = TLSTrust()
        trust.authorities = LoopbackCertificate.pem
        #expect(try await outcome(trust))
        trust.authorities = [1]
        #expect(throws: ClientError.self) { try trust.context() }
        trust = TLSTrust()
        trust.privateKey = LoopbackCertificate.privateKey
        #expect(throws: ClientError.self) { try trust.context() }
        try await server.stop()
    }
}
