// SPDX-License-Identifier: Apache-2.0
import Inference
import TestSupport
import Testing

@Suite struct StreamAccessTests {
    @Test("a silent stream of events ends soon after its key")
    func silentStreams() async throws {
        let callers = try TestCallers(visible: "stream")
        try await LiveServer.run(recognises: true, asking: callers.gate) { live in
            let key = try callers.makeKey("temporary")
            let (ending, lasting) = (try RawClient(port: live.port), try RawClient(port: live.port))
            for (client, key) in [(ending, key), (lasting, callers.key("all"))] {
                client.send(generateRequest("{}", streams: true, headers: "X-API-Key: \(key)\r\n"))
            }
            #expect(await LiveServer.eventually { live.service.stream.requests.count == 2 })
            let began = ContinuousClock.now
            try callers.revoke("temporary")
            await #expect(throws: RawClientError.self) { try await ending.received(until: "never") }
            // How soon is measured on a live server, which does not share its process with a thousand other tests.
            #expect(ContinuousClock.now - began < .seconds(10))
            let cancelled = live.service.stream.requests.map(\.isCancelled)
            #expect(cancelled.filter(\.self).count == 1)
        }
    }

    @Test("a stream of events ends with its key", arguments: [false, true])
    func revokedStreams(isEnd: Bool) async throws {
        let callers = try TestCallers(visible: "stream")
        try await LiveServer.run(recognises: true, asking: callers.gate) { live in
            let key = try callers.makeKey("temporary")
            let client = try RawClient(port: live.port)
            client.send(generateRequest("{}", streams: true, headers: "X-API-Key: \(key)\r\n"))
            #expect(await LiveServer.eventually { live.service.stream.requests.count == 1 })
            live.service.stream.send(.response(StreamModel.response([1]), isFinal: false))
            let before = try await client.received(until: "\"OUT\":1}")
            try callers.revoke("temporary")
            live.service.stream.send(.response(StreamModel.response([2]), isFinal: isEnd))
            await #expect(throws: RawClientError.self) { try await client.received(until: "\"OUT\":2}") }
            #expect(before.contains("200 OK"))
            if !isEnd {
                #expect(live.service.stream.requests[0].isCancelled)
                live.service.stream.send(.failed(ServingError(.cancelled, "over")))
            }
            #expect(await LiveServer.eventually { callers.holdsNothing })
        }
    }
}
