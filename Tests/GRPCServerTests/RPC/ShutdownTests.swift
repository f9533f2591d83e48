// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOHTTP2
import Synchronization
import Testing

@testable import GRPCServer

@Suite("The end of gRPC connections", .serialized) struct ShutdownTests {
    @Test("a server that shuts down says so, lets calls finish and then closes")
    func drain() async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Stream")
            client.sendMessage([1], on: stream)
            #expect(await client.eventually { $0.streams[stream]?.messages == [[1]] })
            await server.shutDown()
            #expect(
                await client.eventually { $0.goAways.contains { $0.last == Int(Int32.max) && $0.code == .noError } }
            )
            #expect(await client.eventually { $0.goAways.contains { $0.last == stream && $0.code == .noError } })
            client.sendMessage([2], on: stream)
            #expect(await client.eventually { $0.streams[stream]?.messages == [[1], [2]] })
            #expect(!client.record.withLock { $0.isClosed })
            client.send([], on: stream, end: true)
            #expect(await client.ended(stream).status == 0)
            #expect(await client.eventually { $0.isClosed })
        }
    }

    @Test("a stream without a request does not hold up a server that shuts down")
    func idleStream() async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Stream")
            #expect(await server.log.eventually { $0.opened == 1 })
            await server.shutDown()
            let ended = await client.ended(stream)
            #expect(ended.status == RPCStatus.Code.unavailable.rawValue)
            #expect(await client.eventually { $0.isClosed })
        }
    }

    @Test("an idle connection is closed at once on shutdown")
    func idleDrain() async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            #expect(await client.call("/test.Echo/Unary", [1]).status == 0)
            await server.shutDown()
            #expect(await client.eventually { $0.isClosed })
            #expect(client.record.withLock { $0.goAways.last?.code } == .noError)
        }
    }

    @Test("a connection that has its age is drained, and closed after the grace")
    func age() async throws {
        try await LiveRPC.run(configure: { settings in
            settings.rpc.keepalive.maxConnectionAgeMilliseconds = 300
            settings.rpc.keepalive.maxConnectionAgeGraceMilliseconds = 300
        }) { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Stream")
            #expect(await client.eventually { !$0.goAways.isEmpty })
            client.sendMessage([1], on: stream)
            #expect(await client.eventually { $0.streams[stream]?.messages == [[1]] })
            #expect(await client.eventually { $0.isClosed })
            #expect(await server.log.eventually { $0.cancelled == 1 })
        }
    }

    @Test("an idle connection is drained")
    func idle() async throws {
        try await LiveRPC.run(configure: { $0.rpc.connectionLimits.idleSeconds = 1 }) { server in
            let client = try await server.connect()
            #expect(await client.call("/test.Echo/Unary", [1]).status == 0)
            #expect(await client.eventually { $0.isClosed })
            #expect(client.record.withLock { $0.goAways.first?.code } == .noError)
        }
    }

    @Test("a client is pinged while a call waits, and stays as long as it answers")
    func keepalive() async throws {
        try await LiveRPC.run(configure: { settings in
            settings.rpc.keepalive.timeMilliseconds = 100
            settings.rpc.keepalive.timeoutMilliseconds = 200
            settings.rpc.keepalive.maxPingsWithoutData = 0
        }) { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Stream")
            #expect(await client.eventually { $0.pings >= 4 })
            client.sendMessage([1], on: stream, end: true)
            #expect(await client.ended(stream).status == 0)
            await client.close()
        }
    }
}
