// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Inference
import TestSupport
import Testing

/// What a connection puts up with.
@Suite struct ConnectionTests {
    private static let waiting =
        "POST /v2/models/held/infer HTTP/1.1\r\nHost: h\r\nInference-Header-Content-Length: 0\r\n"

    @Test func aRequestThatRunsTooLongIsAnsweredInTime() async throws {
        try await LiveServer.run(configure: { $0.connectionLimits.deadlineSeconds = 3 }) { live in
            let client = try RawClient(port: live.port)
            // The second is asked for on the same connection while its timer is still set for the first.
            for round in 1...2 {
                let began = ContinuousClock.now
                client.send(inferRequest("held", body: "x"))
                let answer = try await client.answer()
                #expect(answer.status == 504)
                #expect(answer.text.contains("Request deadline exceeded"))
                let took = ContinuousClock.now - began
                #expect(took > .milliseconds(2900) && took < .seconds(15), "\(took)")
                #expect(live.service.held.requests.last?.isCancelled == true)
                #expect(live.requestsInFlight == round, "the model still works on it")
            }
            live.service.held.answerAll()
            client.send(inferRequest("echo", body: "next"))
            let last = try await client.answer().text
            #expect(last.hasSuffix("next"), "\(last)")
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test(arguments: [false, true])
    func aClientThatGoesCancelsItsRequest(withReset: Bool) async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(inferRequest("held", body: "x"))
            #expect(await LiveServer.eventually { live.service.held.requests.count == 1 })
            #expect(!live.service.held.requests[0].isCancelled)
            if withReset { client.reset() } else { client.close() }
            #expect(await LiveServer.eventually { live.service.held.requests[0].isCancelled })
            #expect(live.requestsInFlight == 1, "the permit is the model's until it lets go")
            live.service.held.answerAll()
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test func aResetInTheMiddleOfABodyGivesEverythingBack() async throws {
        try await LiveServer.run { live in
            for _ in 0..<20 {
                let client = try RawClient(port: live.port)
                client.send(Self.waiting + "Content-Length: 1000\r\n\r\nonly this")
                client.reset()
            }
            #expect(await LiveServer.eventually { live.holdsNothing })
            let client = try RawClient(port: live.port)
            client.send(inferRequest("echo", body: "still here"))
            #expect(try await client.answer().text.hasSuffix("still here"))
        }
    }

    @Test func aShutdownAnswersWhatIsInFlightAndWhatWaitsBehindIt() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            let idle = try RawClient(port: live.port)
            idle.send(get("/livez"))
            _ = try await idle.answer()
            client.send(inferRequest("held", body: "first") + inferRequest("echo", body: "second"))
            #expect(await LiveServer.eventually { live.service.held.requests.count == 1 })
            await live.shutDown()
            #expect(await idle.isAtEnd())
            live.service.held.answerAll()
            #expect(try await client.answer().text.hasSuffix("first"))
            let last = try await client.answer()
            #expect(last.text.hasSuffix("second"))
            #expect(last.headers["connection"] == "close")
            #expect(await client.isAtEnd())
        }
    }

    @Test(arguments: [
        (waiting + "Content-Length: 10\r\n\r\nabc", [503]),
        (waiting + "Transfer-Encoding: chunked\r\n\r\n5\r\nab", [503]),
        ("POST /v2/repository/index HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{", [503]),
        ("GET /v2 HT", []),
        (inferRequest("held", body: "whole") + "POST /v2/models/held/infer HT", [200]),
        (inferRequest("held", body: "whole") + waiting + "Content-Length: 10\r\n\r\nabc", [200, 503]),
    ])
    func aStalledUploadDoesNotHoldTheServer(text: String, statuses: [Int]) async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(text)
            let isCounted = text.contains("/infer")
            let submitted = statuses.count { $0 == 200 }
            #expect(await LiveServer.eventually { live.requestsInFlight == (isCounted ? 1 : 0) })
            #expect(await LiveServer.eventually { live.service.held.requests.count == submitted })
            try await Task.sleep(for: .milliseconds(200))
            await live.shutDown()
            live.service.held.answerAll()
            let began = ContinuousClock.now
            for status in statuses { #expect(try await client.answer().status == status) }
            #expect(await client.isAtEnd())
            #expect(began.duration(to: .now) < .seconds(InferConnection.quiesceSeconds + 10))
        }
    }

    @Test func aClientThatKeepsSendingDoesNotHoldTheServer() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(inferRequest("held", body: "first") + inferRequest("held", body: "second"))
            #expect(await LiveServer.eventually { live.service.held.requests.count == 1 })
            let idle = try RawClient(port: live.port)
            idle.send(get("/livez"))
            _ = try await idle.answer()
            await live.shutDown()
            #expect(await idle.isAtEnd())
            try await Task.sleep(for: .milliseconds(200))
            client.send(inferRequest("echo", body: "late"))
            live.service.held.answerAll()
            #expect(try await client.answer().text.hasSuffix("first"))
            #expect(await LiveServer.eventually { live.service.held.requests.count == 1 })
            client.send(inferRequest("echo", body: "later"))
            live.service.held.answerAll()
            let last = try await client.answer()
            #expect(last.text.hasSuffix("second"))
            #expect(last.headers["connection"] == "close")
            #expect(await client.isAtEnd())
        }
    }

    @Test(arguments: [
        ("Connection: close\r\n", "\u{1}\u{2}garbage", Int?.none),
        ("Connection: close\r\n", get("/livez"), nil),
        ("", "\u{1}\u{2}garbage", 400),
        ("", "GET /v2 HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "a", count: 9000))\r\n\r\n", 431),
        ("", "CONNECT a:1 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ])
    func whatComesBehindARequestDoesNotCostItItsAnswer(headers: String, rest: String, status: Int?) async throws {
        try await LiveServer.run { live in
            for isTogether in [true, false] {
                let client = try RawClient(port: live.port)
                let request = inferRequest("held", body: "owed", headers: headers)
                let bytes = [UInt8](rest.unicodeScalars.map { UInt8($0.value) })
                client.send(Array(request.utf8) + (isTogether ? bytes : []))
                #expect(await LiveServer.eventually { live.service.held.requests.count == 1 })
                if !isTogether { client.send(bytes) }
                try await Task.sleep(for: .milliseconds(50))
                #expect(!live.service.held.requests[0].isCancelled)
                live.service.held.answerAll()
                #expect(try await client.answer().text.hasSuffix("owed"))
                if let status { #expect(try await client.answer().status == status) }
                #expect(await client.isAtEnd())
                #expect(await LiveServer.eventually { live.holdsNothing })
            }
        }
    }

    @Test func aLongAnswerIsSentWholeThoughGarbageFollowsItsRequest() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            let body = String(repeating: "0123456789", count: 800_000)
            client.send(inferRequest("echo", body: body, headers: "Connection: close\r\n"))
            try await Task.sleep(for: .milliseconds(100))
            client.send([1, 2, 3])
            try await Task.sleep(for: .milliseconds(100))
            #expect(try await client.answer().text.hasSuffix(body))
            #expect(await client.isAtEnd())
        }
    }

    @Test func slowHeadersAndSlowBodiesAreTimedOut() async throws {
        try await LiveServer.run(configure: {
            $0.connectionLimits.headerSeconds = 1
            $0.connectionLimits.bodySeconds = 1
        }) { live in
            let slowHead = try RawClient(port: live.port)
            let slowBody = try RawClient(port: live.port)
            let slowColdBody = try RawClient(port: live.port)
            slowHead.send("GET /v2 HT")
            slowBody.send(Self.waiting + "Content-Length: 10\r\n\r\nabc")
            slowColdBody.send("POST /v2/repository/index HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{")
            try await Task.sleep(for: .milliseconds(300))
            slowHead.send("TP")
            #expect(try await slowHead.answer().status == 408)
            #expect(await slowHead.isAtEnd())
            #expect(try await slowBody.answer().status == 408)
            #expect(await slowBody.isAtEnd())
            #expect(try await slowColdBody.answer().status == 408)
            #expect(await slowColdBody.isAtEnd())
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test func anIdleConnectionIsClosedAndABusyOneIsNot() async throws {
        try await LiveServer.run(configure: { $0.connectionLimits.idleSeconds = 1 }) { live in
            let idle = try RawClient(port: live.port)
            let busy = try RawClient(port: live.port)
            busy.send(inferRequest("held", body: "slow"))
            #expect(await idle.isAtEnd())
            try await Task.sleep(for: .milliseconds(1500))
            live.service.held.answerAll()
            #expect(try await busy.answer().text.hasSuffix("slow"))
        }
    }

    @Test func aRefusedUploadIsAnsweredBeforeItsBodyAndCutOff() async throws {
        try await LiveServer.run(bytesInFlight: 1 << 20) { live in
            let client = try RawClient(port: live.port)
            client.send(Self.waiting + "Content-Length: \(2 << 20)\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 503)
            #expect(answer.headers["connection"] == "close")
            client.send([UInt8](repeating: 0, count: InferConnection.drainLimit + 1))
            #expect(await client.isAtEnd())
        }
    }

    @Test(arguments: [(1000, 0), (1001, 503)])
    func aConnectionsBytesInFlightAreBounded(bytes: Int, status: Int) async throws {
        try await LiveServer.run(configure: { $0.connectionLimits.bytesInFlightPerConnection = 1000 }) { live in
            let client = try RawClient(port: live.port)
            client.send(inferRequest("echo", body: String(repeating: "x", count: bytes)))
            #expect(try await client.answer().status == (status == 0 ? 200 : status))
        }
    }

    @Test func connectionsBeyondTheLimitAreClosedAtOnce() async throws {
        try await LiveServer.run(configure: { $0.connectionLimits.connectionsPerAddress = 3 }) { live in
            var clients: [RawClient] = []
            for _ in 0..<3 {
                let client = try RawClient(port: live.port)
                client.send(get("/livez"))
                #expect(try await client.answer().status == 200)
                clients.append(client)
            }
            let refused = try RawClient(port: live.port)
            #expect(await refused.isAtEnd())
            clients.removeLast()
            var isServed = false
            for _ in 0..<100 where !isServed {
                let client = try RawClient(port: live.port)
                client.send(get("/livez"))
                isServed = (try? await client.answer().status) == 200
                if !isServed { try await Task.sleep(for: .milliseconds(10)) }
            }
            #expect(isServed)
        }
    }

    @Test(arguments: [
        ("GET /v2 HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "a", count: 9000))\r\n\r\n", 431),
        ("GET /v2 HTTP/1.1\r\nHost: h\r\n\(String(repeating: "A: b\r\n", count: 101))\r\n", 431),
        ("GET /v2 HTTP/1.1\r\nbad header\r\n\r\n", 400),
        ("\u{1}\u{2}\r\n\r\n", 400),
        ("POST /v2/models/echo/infer HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        ("POST /v2/models/echo/infer HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    ])
    func whatIsNotHTTPIsAnsweredOnceAndClosed(text: String, status: Int) async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(text)
            let answer = try await client.answer()
            #expect(answer.status == status)
            #expect(answer.text.hasPrefix("{\"error\":"))
            #expect(await client.isAtEnd())
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test func manyConnectionsThatDeclareTheLargestBodyLeaveMemoryAlone() async throws {
        try await LiveServer.run(
            bytesInFlight: .max,
            configure: { $0.connectionLimits.connectionsPerAddress = 2000 }
        ) { live in
            let before = residentBytes()
            var clients: [RawClient] = []
            for _ in 0..<200 {
                let client = try RawClient(port: live.port)
                client.send(Self.waiting + "Content-Length: \(10 << 20)\r\n\r\n0123456789")
                clients.append(client)
            }
            #expect(await LiveServer.eventually { live.requestsInFlight == 200 })
            #expect(residentBytes() - before < 100 << 20)
            clients.removeAll()
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test func aClientThatAsksForCloseOrSpeaksHTTP10GetsWhatItAskedFor() async throws {
        try await LiveServer.run { live in
            let closing = try RawClient(port: live.port)
            closing.send(inferRequest("echo", body: "bye", headers: "Connection: close\r\n"))
            let answer = try await closing.answer()
            #expect(answer.headers["connection"] == "close")
            #expect(await closing.isAtEnd())
            let old = try RawClient(port: live.port)
            old.send("GET /livez HTTP/1.0\r\n\r\n")
            #expect(try await old.answer().status == 200)
            #expect(await old.isAtEnd())
        }
    }
}
