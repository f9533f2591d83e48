// SPDX-License-Identifier: Apache-2.0
import Access
import Inference
import NIOCore
import NIOHPACK
import NIOHTTP2
import Synchronization
import Testing

@testable import GRPCServer

@Suite("Limits of gRPC connections", .serialized) struct ConnectionLimitTests {
    @Test("a call ends when its deadline has passed")
    func deadline() async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Hold", [("grpc-timeout", "100m")])
            client.sendMessage([1], on: stream, end: true)
            let answer = await client.ended(stream)
            #expect(answer.status == 4)
            #expect(answer.message == "Deadline Exceeded")
            #expect(await server.log.eventually { $0.cancelled == 1 })
            let bidirectional = client.open("/test.Echo/HoldStream", [("grpc-timeout", "50m")])
            #expect(await client.ended(bidirectional).status == 4)
            #expect(await client.call("/test.Echo/Unary", [1], [("grpc-timeout", "10S")]).status == 0)
            await client.close()
        }
    }

    @Test("the server's own deadline holds for a request and not for a stream")
    func ownDeadline() async throws {
        try await LiveRPC.run(configure: { $0.rpc.connectionLimits.deadlineSeconds = 1 }) { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/HoldStream")
            let unary = client.open("/test.Echo/Hold", [("grpc-timeout", "1H")])
            client.sendMessage([1], on: unary, end: true)
            #expect(await client.ended(unary).status == 4)
            #expect(!client.stream(stream).isEnded)
            await client.close()
        }
    }

    @Test("a stream ends when it is too old")
    func streamAge() async throws {
        try await LiveRPC.run(configure: { $0.rpc.streamAgeSeconds = 1 }) { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Stream")
            #expect(await client.ended(stream).status == 4)
            await client.close()
        }
    }

    @Test("a message that does not come in time ends its call", arguments: ["/test.Echo/Unary", "/test.Echo/Stream"])
    func slowMessage(path: String) async throws {
        try await LiveRPC.run(configure: { $0.rpc.connectionLimits.bodySeconds = 1 }) { server in
            let client = try await server.connect()
            let stream = client.open(path)
            client.send(FrameClient.framed([1, 2, 3]).prefix(6), on: stream)
            #expect(await client.ended(stream).status == 4)
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("a message may be as long as the limit", arguments: [0, 1])
    func messageLimit(beyond: Int) async throws {
        try await LiveRPC.run(configure: { $0.rpc.messageBytes = 100_000 }) { server in
            let client = try await server.connect()
            let answer = await client.call("/test.Echo/Unary", [UInt8](repeating: 1, count: 100_000 + beyond))
            #expect(answer.status == (beyond == 0 ? 0 : 8))
            #expect(server.log.now.messages == 1 - beyond)
            #expect(await client.call("/test.Echo/Unary", [1]).status == 0)
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("a length that lies costs the server what came, and the call what was announced")
    func lyingLength() async throws {
        try await LiveRPC.run(bytesInFlight: 1 << 20) { server in
            let client = try await server.connect()
            let first = client.open("/test.Echo/Stream")
            client.send(FrameClient.framed([1], length: 1 << 20), on: first)
            #expect(await server.log.eventually { _ in server.gate.inFlight.bytes == 1 << 20 })
            let second = client.open("/test.Echo/Stream")
            client.send(FrameClient.framed([], length: 1), on: second)
            #expect(await client.ended(second).status == 14)
            client.reset(first)
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("one connection may hold so many bytes and no more", arguments: [0, 1])
    func connectionBytes(beyond: Int) async throws {
        try await LiveRPC.run(configure: { $0.rpc.connectionLimits.bytesInFlightPerConnection = 1000 }) { server in
            let client = try await server.connect()
            let first = client.open("/test.Echo/HoldStream")
            client.sendMessage([UInt8](repeating: 1, count: 600), on: first)
            #expect(await server.log.eventually { $0.messages == 1 })
            let second = client.open("/test.Echo/HoldStream")
            client.sendMessage([UInt8](repeating: 1, count: 400 + beyond), on: second)
            if beyond == 0 {
                #expect(await server.log.eventually { $0.messages == 2 })
            } else {
                #expect(await client.ended(second).status == 14)
            }
            await client.close()
            #expect(await server.eventuallyHoldsNothing())
        }
    }

    @Test("a long stream does not add up charges")
    func longStream() async throws {
        try await LiveRPC.run(
            bytesInFlight: 300_000,
            configure: {
                $0.rpc.connectionLimits.bytesInFlightPerConnection = 300_000
                $0.rpc.unsentBytesPerStream = 50_000
            }
        ) { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Stream")
            for _ in 0..<50 { client.sendMessage([UInt8](repeating: 1, count: 100_000), on: stream) }
            client.send([], on: stream, end: true)
            #expect(await client.ended(stream).status == 0)
            #expect(client.stream(stream).messages?.count == 50)
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("answers that wait for a client are charged to the server, and refused where it has no room")
    func unreadAnswers() async throws {
        try await LiveRPC.run(bytesInFlight: 1_000_000) { server in
            let settings = [HTTP2Setting(parameter: .initialWindowSize, value: 0)]
            let slow = try await server.connect(settings: settings, opensWindows: false)
            let first = slow.open("/test.Echo/Many")
            slow.sendMessage([0, 0, 2, 88], on: first, end: true)
            #expect(await server.gateEventually { $0.bytes >= 600 * 1024 })
            let second = slow.open("/test.Echo/Many")
            slow.sendMessage([0, 0, 2, 88], on: second, end: true)
            #expect(await slow.ended(second).status == 14)
            let other = try await server.connect()
            #expect(await other.call("/test.Echo/Unary", [UInt8](repeating: 1, count: 100_000)).status == 0)
            slow.openWindow(of: first, by: 1 << 20)
            slow.openWindow(of: 0, by: 1 << 20)
            #expect(await slow.ended(first).messages?.count == 600)
            #expect(await server.eventuallyHoldsNothing())
            await slow.close()
            await other.close()
        }
    }

    @Test("an answer that waits is charged with all that it takes, however short it is")
    func shortUnreadAnswers() async throws {
        try await LiveRPC.run { server in
            let settings = [HTTP2Setting(parameter: .initialWindowSize, value: 0)]
            let client = try await server.connect(settings: settings, opensWindows: false)
            for _ in 0..<20 { client.sendMessage([0, 0, 0, 1], on: client.open("/test.Echo/Many"), end: true) }
            #expect(await server.gateEventually { $0.bytes >= 20 * 4096 })
            await client.close()
            #expect(await server.eventuallyHoldsNothing())
        }
    }

    @Test(
        "an answer that a client does not take in time ends its call",
        arguments: ["/test.Echo/Many", "/test.Echo/Flood"]
    )
    func stalledAnswer(path: String) async throws {
        try await LiveRPC.run(configure: { $0.rpc.connectionLimits.bodySeconds = 1 }) { server in
            let settings = [HTTP2Setting(parameter: .initialWindowSize, value: 100_000)]
            let client = try await server.connect(settings: settings, opensWindows: false)
            let stream = client.open(path)
            client.sendMessage([0, 0, 2, 88], on: stream, end: path.hasSuffix("Many"))
            #expect(await client.eventually { $0.streams[stream]?.bytes.count == 65_535 })
            #expect(server.gate.inFlight.bytes > 0)
            // A message that was cut in two is no answer.
            #expect(await client.ended(stream).reset == .cancel)
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("a full server admits no more requests", arguments: [1, 2])
    func requestsInFlight(calls: Int) async throws {
        try await LiveRPC.run(configure: { $0.rpc.connectionLimits.requestsInFlight = 1 }) { server in
            let client = try await server.connect()
            // A stream counts by its requests, and has none.
            _ = client.open("/test.Echo/HoldStream")
            if calls == 2 { client.sendMessage([1], on: client.open("/test.Echo/Hold"), end: true) }
            if calls == 2 { #expect(await server.log.eventually { $0.opened == 2 }) }
            #expect(await client.call("/test.Echo/Unary", [1]).status == (calls == 1 ? 0 : 14))
            await client.close()
        }
    }

    @Test("rapid resets close their connection and no other")
    func rapidReset() async throws {
        try await LiveRPC.run(configure: { $0.rpc.resetFrames = 100 }) { server in
            let bystander = try await server.connect()
            #expect(await bystander.call("/test.Echo/Unary", [1]).status == 0)
            let client = try await server.connect()
            for _ in 0..<100 { client.reset(client.open("/test.Echo/HoldStream")) }
            #expect(await server.log.eventually { $0.cancelled == 100 })
            #expect(!client.record.withLock { $0.isClosed })
            client.reset(client.open("/test.Echo/HoldStream"))
            #expect(await client.eventually { $0.isClosed })
            #expect(await bystander.call("/test.Echo/Unary", [2]).messages == [[2]])
            #expect(await server.eventuallyHoldsNothing())
            await bystander.close()
        }
    }

    enum Flood: CaseIterable { case pings, settings }

    @Test("a flood closes its connection and no other", arguments: Flood.allCases)
    func floods(flood: Flood) async throws {
        try await LiveRPC.run(configure: { settings in
            settings.rpc.controlFrames = 200
            settings.rpc.keepalive.maxPingStrikes = 0
        }) { server in
            let bystander = try await server.connect()
            let client = try await server.connect()
            for _ in 0..<300 {
                switch flood {
                case .pings: client.write(.ping(HTTP2PingData(withInteger: 1), ack: false), on: 0)
                case .settings: client.write(.settings(.settings([])), on: 0)
                }
            }
            client.flush()
            #expect(await client.eventually { $0.isClosed })
            #expect(await bystander.call("/test.Echo/Unary", [2]).messages == [[2]])
            await bystander.close()
        }
    }

    @Test("a client that pings too often without need is sent away")
    func pingStrikes() async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            for count in 1...4 {
                client.write(.ping(HTTP2PingData(withInteger: 1), ack: false), on: 0)
                client.flush()
                if count < 4 { #expect(await client.eventually { $0.pingAnswers == count }) }
            }
            #expect(await client.eventually { $0.isClosed })
            #expect(client.record.withLock { $0.goAways.last?.code } == .enhanceYourCalm)
        }
    }

    @Test("too many headers, or too long ones, end the call alone")
    func headers() async throws {
        try await LiveRPC.run(configure: { $0.rpc.connectionLimits.headerFieldBytes = 100 }) { server in
            let client = try await server.connect()
            let long = [("a", String(repeating: "x", count: 100))]
            #expect(await client.call("/test.Echo/Unary", [1], long).status == 8)
            let fits = [("a", String(repeating: "x", count: 99))]
            #expect(await client.call("/test.Echo/Unary", [1], fits).status == 0)
            await client.close()
        }
    }

    @Test("one address may have so many connections and no more")
    func connections() async throws {
        try await LiveRPC.run(configure: { $0.rpc.connectionLimits.connectionsPerAddress = 2 }) { server in
            let clients = [try await server.connect(), try await server.connect()]
            for client in clients { #expect(await client.call("/test.Echo/Unary", [1]).status == 0) }
            let third = try? await server.connect()
            if let third { #expect(await third.eventually { $0.isClosed }) }
            await clients[0].close()
            try await Task.sleep(for: .milliseconds(50))
            let fourth = try await server.connect()
            #expect(await fourth.call("/test.Echo/Unary", [1]).status == 0)
            await clients[1].close()
            await fourth.close()
        }
    }

    @Test("a connection that says nothing is closed")
    func silence() async throws {
        try await LiveRPC.run(configure: { $0.rpc.connectionLimits.headerSeconds = 1 }) { server in
            let raw = try await RawConnection.connect(port: server.port, group: server.loops)
            #expect(await raw.eventuallyClosed())
        }
    }

    @Test(
        "bytes that are not HTTP/2 close the connection",
        arguments: ["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"]
    )
    func garbage(text: String) async throws {
        try await LiveRPC.run { server in
            let raw = try await RawConnection.connect(port: server.port, group: server.loops)
            raw.send(Array(text.utf8))
            #expect(await raw.eventuallyClosed())
        }
    }

    @Test("CONTINUATION without end closes the connection", arguments: [8, 9])
    func continuation(count: Int) async throws {
        try await LiveRPC.run { server in
            let raw = try await RawConnection.connect(port: server.port, group: server.loops)
            raw.send(
                Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + RawConnection.frame(type: 4, flags: 0, stream: 0, [])
            )
            raw.send(RawConnection.frame(type: 1, flags: 0, stream: 1, []))
            for _ in 0..<count { raw.send(RawConnection.frame(type: 9, flags: 0, stream: 1, [])) }
            if count > 8 {
                #expect(await raw.eventuallyClosed())
            } else {
                try await Task.sleep(for: .milliseconds(200))
                #expect(!raw.isClosed)
                raw.close()
            }
        }
    }
}
