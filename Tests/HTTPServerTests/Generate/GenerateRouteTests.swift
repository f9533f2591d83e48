// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Inference
import TestSupport
import Testing
import Transport

/// Requests to generate over a real socket.
@Suite struct GenerateRouteTests {
    private static let head = #"{"model_name":"stream","model_version":"1""#

    @Test func oneResponseIsOneObject() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(
                generateRequest(#"{"id":"7","COUNT":1}"#, headers: "X-Request-Id: r1\r\n") + get("/livez")
            )
            let answer = try await client.answer()
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/json")
            #expect(answer.headers["x-request-id"] == "r1")
            #expect(answer.text == #"{"id":"7","model_name":"stream","model_version":"1","OUT":0}"#)
            #expect(try await client.answer().status == 200, "the connection lives on")
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test(arguments: [0, 2, 3])
    func anyOtherNumberIsAnError(count: Int) async throws {
        try await LiveServer.run(recognises: true) { live in
            let client = try RawClient(port: live.port)
            client.send(generateRequest("{\"COUNT\":\(count)}"))
            let answer = try await client.answer()
            #expect(answer.status == 200, "the status is that of the first response")
            #expect(answer.text == "{\"error\":\"\(GenerateAnswers.notOneResponse)\"}")
        }
    }

    @Test func aStreamIsServerSentEvents() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(generateRequest(#"{"COUNT":3}"#, streams: true) + generateRequest(#"{"COUNT":1}"#))
            let answer = try await client.answer()
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "text/event-stream; charset=utf-8")
            #expect(answer.headers["content-length"] == nil)
            #expect(answer.text == (0..<3).map { "data: \(Self.head),\"OUT\":\($0)}\n\n" }.joined())
            #expect(try await client.answer().text == "\(Self.head),\"OUT\":0}")
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test func aStreamWithoutResponsesIsEmpty() async throws {
        try await LiveServer.run(recognises: true) { live in
            let client = try RawClient(port: live.port)
            client.send(generateRequest(#"{"COUNT":0}"#, streams: true) + get("/livez"))
            let answer = try await client.answer()
            #expect(answer.status == 200 && answer.body.isEmpty)
            #expect(answer.headers["content-type"] == "text/event-stream; charset=utf-8")
            #expect(try await client.answer().status == 200)
        }
    }

    @Test func responsesArriveAsTheyAreMade() async throws {
        try await LiveServer.run(recognises: true) { live in
            let model = live.service.stream
            let client = try RawClient(port: live.port)
            client.send(generateRequest("{}", streams: true))
            #expect(await LiveServer.eventually { model.requests.count == 1 })
            model.send(.response(StreamModel.response([4, 5]), isFinal: false))
            #expect(try await client.received(until: "\n\n").contains("data: \(Self.head),\"OUT\":[4,5]}\n\n"))
            model.send(.failed(ServingError(.internalError, "broke", reason: .backend)))
            let answer = try await client.answer()
            #expect(answer.status == 200)
            #expect(answer.text.hasSuffix("data: {\"error\":\"broke\"}\n\n"))
        }
    }

    @Test func theFirstResponseDecidesTheStatus() async throws {
        try await LiveServer.run(recognises: true) { live in
            let model = live.service.stream
            let client = try RawClient(port: live.port)
            for (streams, text) in [(true, "data: {\"error\":\"broke\"}\n\n"), (false, "{\"error\":\"broke\"}")] {
                let before = model.requests.count
                client.send(generateRequest("{}", streams: streams))
                #expect(await LiveServer.eventually { model.requests.count == before + 1 })
                model.send(.failed(ServingError(.internalError, "broke", reason: .backend)))
                let answer = try await client.answer()
                #expect(answer.status == 500 && answer.text == text)
            }
            client.send(generateRequest("{}", streams: true))
            #expect(await LiveServer.eventually { model.requests.count == 3 })
            // An output that JSON cannot carry is an error in place of that response only.
            let half = OutputTensor(name: "H", dataType: .fp16, shape: [1], bytes: TensorBytes([0, 0]))
            model.send(.response(InferenceResponse(outputs: [half]), isFinal: false))
            model.send(.response(StreamModel.response([1]), isFinal: true))
            let answer = try await client.answer()
            #expect(answer.status == 400)
            #expect(answer.text.contains("data: {\"error\":\"sending FP16 data via JSON is not supported."))
            #expect(answer.text.hasSuffix("\"OUT\":1}\n\n"))
        }
    }

    @Test func anErrorBeforeInferenceIsPlainJSON() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            for streams in [false, true] {
                client.send(
                    generateRequest(#"{"id":"refused"}"#, streams: streams)
                        + generateRequest("{\"TEXT\":[\"a\",\"b\"]}", streams: streams)
                        + generateRequest("{", streams: streams)
                        + generateRequest("{}", model: "none", streams: streams)
                        + generateRequest("{}", streams: streams, headers: "Content-Encoding: gzip\r\n")
                )
                let expected = [
                    (503, "refused"), (400, "The schema can not convert input 'TEXT' to tensor with proper shape"),
                    (400, "failed to parse the request JSON buffer"), (404, "Request for unknown model"),
                    (400, "Unsupported content-encoding, only 'identity' is supported. Got 'gzip'."),
                ]
                for (status, text) in expected {
                    let answer = try await client.answer()
                    #expect(answer.status == status)
                    #expect(answer.headers["content-type"] == "application/json")
                    #expect(answer.text.hasPrefix("{\"error\":") && answer.text.contains(text), "\(answer.text)")
                }
            }
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test func aClientThatLeavesCancelsItsRequest() async throws {
        try await LiveServer.run { live in
            let model = live.service.stream
            let client = try RawClient(port: live.port)
            client.send(generateRequest("{}", streams: true))
            #expect(await LiveServer.eventually { model.requests.count == 1 })
            model.send(.response(StreamModel.response([1]), isFinal: false))
            _ = try await client.received(until: "\n\n")
            #expect(!model.requests[0].isCancelled)
            client.reset()
            #expect(await LiveServer.eventually { model.requests[0].isCancelled })
            #expect(live.requestsInFlight == 1, "the model has it until it says that it has not")
            model.send(.failed(ServingError(.cancelled, "cancelled", reason: .cancelled)))
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test func aSlowReaderDoesNotMakeTheServerBufferWithoutBound() async throws {
        try await LiveServer.run(
            recognises: true,
            configure: { $0.connectionLimits.responseBacklogBytes = 256 << 10 }
        ) { live in
            let model = live.service.stream
            let client = try RawClient(port: live.port)
            client.send(generateRequest("{}", streams: true))
            #expect(await LiveServer.eventually { model.requests.count == 1 })
            let before = residentBytes()
            let response = StreamModel.response(Array(repeating: 7, count: 4096))
            var sent = 0
            while sent < 200_000, !model.requests[0].isCancelled {
                model.send(.response(response, isFinal: false))
                sent += 1
                if sent % 64 == 0 { try await Task.sleep(for: .milliseconds(1)) }
            }
            #expect(model.requests[0].isCancelled)
            for _ in 0..<50_000 { model.send(.response(response, isFinal: false)) }
            #expect(residentBytes() < before + (64 << 20))
            #expect(live.requestsInFlight == 1)
            model.send(.failed(ServingError(.cancelled, "cancelled", reason: .cancelled)))
            #expect(await LiveServer.eventually { live.holdsNothing })
            let answer = try await client.answer()
            #expect(answer.text.contains("the client does not read the responses as fast as the model makes them"))
            client.send(get("/livez"))
            #expect(try await client.answer().status == 200)
        }
    }

    @Test func withHTTP10AStreamEndsWithTheConnection() async throws {
        try await LiveServer.run(recognises: true) { live in
            let client = try RawClient(port: live.port)
            client.send(
                "POST /v2/models/stream/generate_stream HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 11\r\n\r\n"
                    + #"{"COUNT":2}"#
            )
            let all = try await client.received(until: "\"OUT\":1}\n\n")
            #expect(all.contains("Connection: close") && !all.contains("chunked"))
            #expect(all.hasSuffix("data: \(Self.head),\"OUT\":0}\n\ndata: \(Self.head),\"OUT\":1}\n\n"))
        }
    }

    @Test func manySmallResponsesAllArrive() async throws {
        try await LiveServer.run(recognises: true) { live in
            let client = try RawClient(port: live.port)
            client.send(generateRequest(#"{"COUNT":20000}"#, streams: true))
            let answer = try await client.answer()
            #expect(answer.text.split(separator: "\n\n").count == 20_000)
            #expect(answer.text.hasSuffix("\"OUT\":19999}\n\n"))
        }
    }

    @Test func anOrdinaryModelGeneratesToo() async throws {
        try await LiveServer.run(recognises: true) { live in
            let client = try RawClient(port: live.port)
            client.send(generateRequest("{\"INPUT\":[1,2]}", model: "echo", streams: true))
            #expect(
                try await client.answer().text
                    == "data: {\"model_name\":\"echo\",\"model_version\":\"1\",\"OUTPUT\":[1,2]}\n\n"
            )
        }
    }
}

/// What an operator decides about headers.
@Suite struct HeaderPolicyTests {
    @Test func matchingHeadersReachTheModel() async throws {
        let forwarding = try HeaderForwarding(pattern: "^x-tenant", flag: "--f")
        try await LiveServer.run(configure: { $0.headerForwarding = forwarding }) { live in
            let client = try RawClient(port: live.port)
            client.send(
                inferRequest("held", body: "x", headers: "X-Tenant-Id: t1\r\nX-Other: o\r\n")
            )
            #expect(await LiveServer.eventually { live.service.held.requests.count == 1 })
            #expect(
                live.service.held.requests.first?.fields.parameters
                    == [Parameter(name: "X-Tenant-Id", value: .string("t1"))]
            )
            live.service.held.answerAll()
            #expect(try await client.answer().status == 200)
            client.send(generateRequest(#"{"x-tenant":"mine","y":1}"#, headers: "x-tenant: theirs\r\n"))
            #expect(await LiveServer.eventually { live.service.stream.requests.count == 1 })
            #expect(
                live.service.stream.requests.first?.fields.parameters
                    == [Parameter(name: "y", value: .int64(1)), Parameter(name: "x-tenant", value: .string("theirs"))]
            )
        }
    }

    @Test func reservedHeadersAreRefused() async throws {
        let forwarding = try HeaderForwarding(pattern: ".*", flag: "--f")
        try await LiveServer.run(configure: { $0.headerForwarding = forwarding }) { live in
            let client = try RawClient(port: live.port)
            client.send(inferRequest("echo", body: "x", headers: "sequence_id: 1\r\n") + get("/livez"))
            let answer = try await client.answer()
            #expect(answer.status == 400)
            #expect(answer.text.contains("Header 'sequence_id' is reserved for Triton usage and cannot be forwarded."))
            #expect(try await client.answer().status == 200)
        }
    }

    @Test func restrictedAPIsNeedTheirHeader() async throws {
        let apis = try RestrictedAPIs(.http, groups: ["inference,model-config:Admin=s3", "health:probe=p"])
        try await LiveServer.run(configure: { $0.restrictedAPIs = apis }) { live in
            let client = try RawClient(port: live.port)
            let closed = [
                inferRequest("echo", body: "x"), generateRequest("{}"),
                inferRequest("echo", body: "x", headers: "Admin: s\r\n"),
                get("/v2/models/m/config"), get("/v2/models/m/infer"),
            ]
            for request in closed {
                client.send(request)
                let answer = try await client.answer()
                #expect(answer.status == 403)
                #expect(answer.text == "{\"error\":\"This API is restricted, expecting header 'Admin'\"}")
            }
            let key = "admin: s3\r\n"
            client.send(
                inferRequest("echo", body: "x", headers: key)
                    + "GET /v2/models/m/config HTTP/1.1\r\nHost: h\r\n\(key)\r\n" + get("/v2/models/m") + get("/livez")
            )
            for status in [200, 200, 200, 403] { #expect(try await client.answer().status == status) }
        }
    }
}
