// SPDX-License-Identifier: Apache-2.0
import Access
import Inference
import NIOHTTP2
import Synchronization
import TestSupport
import Testing

@testable import GRPCServer

@Suite("Streaming calls", .serialized) struct StreamingCallTests {
    @Test("answer each message while more come")
    func pingPong() async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Stream")
            for index in 0..<20 {
                client.sendMessage([UInt8(index)], on: stream)
                #expect(await client.eventually { $0.streams[stream]?.messages?.count == index + 1 })
            }
            client.send([], on: stream, end: true)
            let answer = await client.ended(stream)
            #expect(answer.messages == (0..<20).map { [UInt8($0)] })
            #expect(answer.status == 0)
            #expect(answer.reset == nil)
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("with one message begin once it is whole, and fail with a second one", arguments: [true, false])
    func oneMessage(halfCloses: Bool) async throws {
        try await LiveRPC.run(configure: { $0.rpc.connectionLimits.bodySeconds = 1 }) { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Watch")
            client.sendMessage([1, 2], on: stream)
            #expect(await client.eventually { $0.streams[stream]?.messages?.count == 1 })
            // Longer than a message may take to arrive.
            try await Task.sleep(for: .milliseconds(1500))
            #expect(server.log.now.cancelled == 0 && server.log.now.halfClosed == 0)
            if halfCloses { client.send([], on: stream, end: true) } else { client.sendMessage([3], on: stream) }
            let answer = await client.ended(stream)
            #expect(answer.messages == [[1, 2]])
            #expect(answer.status == (halfCloses ? 0 : 12))
            #expect(server.log.now.messages == 1 && server.log.now.halfClosed == (halfCloses ? 1 : 0))
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("with one message wait for it as long as for any other")
    func lateMessage() async throws {
        try await LiveRPC.run(configure: { $0.rpc.connectionLimits.bodySeconds = 1 }) { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Watch")
            client.send(FrameClient.framed([1, 2]).dropLast(), on: stream)
            #expect(await client.ended(stream).status == 4)
            await client.close()
        }
    }

    @Test("read messages however the client cuts them")
    func cuts() async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let wire = FrameClient.framed([1, 2, 3]) + FrameClient.framed([]) + FrameClient.framed([4])
            let streams = (0...wire.count).map { _ in client.open("/test.Echo/Stream") }
            for (cut, stream) in streams.enumerated() {
                client.send(wire[..<cut], on: stream)
                client.send(wire[cut...], on: stream, end: true)
            }
            for stream in streams { #expect(await client.ended(stream).messages == [[1, 2, 3], [], [4]]) }
            await client.close()
        }
    }

    @Test("fail if they end inside a message", arguments: [1, 4, 5, 7])
    func endsInside(count: Int) async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Stream")
            client.send(FrameClient.framed([1, 2, 3]).prefix(count), on: stream, end: true)
            #expect(await client.ended(stream).status == 13)
            #expect(await server.log.eventually { $0.cancelled == 1 })
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("carry 64 MiB each way, in one message and in many", arguments: [1, 64])
    func large(count: Int) async throws {
        try await LiveRPC.run(configure: { settings in
            settings.rpc.messageBytes = 64 << 20
            settings.rpc.connectionLimits.bytesInFlightPerConnection = 256 << 20
        }) { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Stream")
            let size = (64 << 20) / count
            for index in 0..<count {
                client.sendMessage(
                    [UInt8](repeating: UInt8(index + 1), count: size),
                    on: stream,
                    end: index == count - 1
                )
            }
            let answer = await client.ended(stream)
            #expect(answer.status == 0)
            #expect(answer.bytes.count == count * (size + 5))
            #expect(answer.bytes.last == UInt8(count))
            #expect(server.log.now.messageBytes == 64 << 20)
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test(
        "do not fill the server's memory for a client that opens no window",
        arguments: ["/test.Echo/Flood", "/test.Echo/Many"]
    )
    func zeroWindow(path: String) async throws {
        try await LiveRPC.run { server in
            let settings = [HTTP2Setting(parameter: .initialWindowSize, value: 0)]
            let client = try await server.connect(settings: settings, opensWindows: false)
            let stream = client.open(path)
            // A million messages of a kilobyte.
            client.sendMessage([0, 15, 66, 64], on: stream, end: path.hasSuffix("Many"))
            // The first message beyond a mebibyte, five bytes of framing included, is the last.
            #expect(await server.log.eventually { $0.sent == 1020 })
            try await Task.sleep(for: .milliseconds(200))
            #expect(server.log.now.sent == 1020)
            #expect(client.stream(stream).bytes.isEmpty)
            // What waits is charged: a mebibyte.
            #expect(await server.gateEventually { $0.bytes > 1 << 20 })
            client.openWindow(of: stream, by: 600_000)
            #expect(await client.eventually { $0.streams[stream]?.bytes.count == 65_535 })
            client.openWindow(of: 0, by: 600_000)
            #expect(await client.eventually { $0.streams[stream]?.bytes.count == 600_000 })
            #expect(await server.log.eventually { $0.writable == 1 })
            client.reset(stream)
            #expect(await server.log.eventually { $0.cancelled == 1 })
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("hold the client's messages while it does not read")
    func heldBehindSlowReader() async throws {
        try await LiveRPC.run(configure: { $0.rpc.unsentBytesPerStream = 100_000 }) { server in
            let settings = [HTTP2Setting(parameter: .initialWindowSize, value: 0)]
            let client = try await server.connect(settings: settings, opensWindows: false)
            let stream = client.open("/test.Echo/Stream")
            for _ in 0..<200 { client.sendMessage([UInt8](repeating: 1, count: 50_000), on: stream) }
            client.send([], on: stream, end: true)
            #expect(await server.log.eventually { $0.messages == 2 })
            try await Task.sleep(for: .milliseconds(200))
            #expect(server.log.now.messages == 2)
            client.record.withLock { $0.opensWindows = true }
            client.openWindow(of: stream, by: 1 << 20)
            client.openWindow(of: 0, by: 1 << 20)
            let answer = await client.ended(stream)
            #expect(answer.messages?.count == 200)
            #expect(answer.status == 0)
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("keep no more messages in flight than the limit")
    func inFlight() async throws {
        try await LiveRPC.run(configure: { $0.rpc.requestsPerStream = 3 }) { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/HoldStream")
            for _ in 0..<3 { client.sendMessage([1], on: stream) }
            #expect(await server.log.eventually { $0.messages == 3 })
            client.sendMessage([1], on: stream)
            for _ in 0..<100 { client.sendMessage([UInt8](repeating: 1, count: 20_000), on: stream) }
            try await Task.sleep(for: .milliseconds(200))
            #expect(server.log.now.messages == 3)
            // What the stream's window let through waits, charged, and nothing beyond it.
            #expect(server.gate.inFlight.bytes <= 2 << 20)
            client.reset(stream)
            #expect(await server.log.eventually { $0.cancelled == 1 })
            await client.close()
        }
    }

    @Test("put many small answers into few frames")
    func coalescing() async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Stream")
            let wire = (0..<2000).flatMap { FrameClient.framed([UInt8(truncatingIfNeeded: $0)]) }
            client.send(wire, on: stream, end: true)
            let answer = await client.ended(stream)
            #expect(answer.messages?.count == 2000)
            #expect(answer.dataFrames <= 20)
            await client.close()
        }
    }

    @Test("of a reset client are cancelled, 500 on a connection whose others finish")
    func cancellations() async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            for round in 0..<10 {
                let streams = (0..<50).map { _ in client.open("/test.Echo/HoldStream") }
                for stream in streams { client.sendMessage([1], on: stream) }
                #expect(await server.log.eventually { $0.opened >= (round + 1) * 50 })
                for stream in streams { client.reset(stream) }
                #expect(await client.call("/test.Echo/Unary", [UInt8(round)]).messages == [[UInt8(round)]])
            }
            #expect(await server.log.eventually { $0.cancelled == 500 })
            #expect(!client.record.withLock { $0.isClosed })
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("of a client that goes away are cancelled")
    func disconnect() async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            for _ in 0..<10 { _ = client.open("/test.Echo/HoldStream") }
            client.sendMessage([1], on: 1)
            #expect(await server.log.eventually { $0.opened == 10 && $0.messages == 1 })
            await client.close()
            #expect(await server.log.eventually { $0.cancelled == 10 })
            #expect(await server.eventuallyHoldsNothing())
        }
    }
}
