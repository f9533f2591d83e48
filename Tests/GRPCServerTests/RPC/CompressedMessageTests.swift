// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import NIOHPACK
import Synchronization
import TestSupport
import Testing
import Transport

@testable import GRPCServer

@Suite("Compressed messages", .serialized) struct CompressedMessageTests {
    private static func packed(_ content: [UInt8], _ coding: ContentCoding) throws -> [UInt8] {
        var buffer = ByteBuffer()
        try content.withUnsafeBytes { try coding.deflate($0, into: &buffer) }
        return Array(buffer.readableBytesView)
    }

    @Test("are read and written", arguments: [ContentCoding.gzip, .deflate])
    func bothWays(coding: ContentCoding) async throws {
        try await LiveRPC.run(configure: { $0.rpc.compressionLevel = .low }) { server in
            let client = try await server.connect()
            let content = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 / 100) }
            let stream = client.open(
                "/test.Echo/Unary",
                [("grpc-encoding", coding.rawValue), ("grpc-accept-encoding", "identity,\(coding.rawValue)")]
            )
            client.send(FrameClient.framed(try Self.packed(content, coding), flag: 1), on: stream, end: true)
            let answer = await client.ended(stream)
            #expect(answer.status == 0)
            #expect(answer.headers.first?.first(name: "grpc-encoding") == coding.rawValue)
            #expect(answer.bytes.first == 1)
            #expect(answer.bytes.count < content.count / 10)
            let plain = try coding.inflateMessage(TensorBytes(Array(answer.bytes.dropFirst(5))), limit: content.count)
            #expect(plain.array == content)
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("are not sent to a client that does not ask for them, nor without being told to")
    func notAsked() async throws {
        try await LiveRPC.run(configure: { $0.rpc.compressionLevel = .high }) { server in
            let client = try await server.connect()
            #expect(
                await client.call("/test.Echo/Unary", [1, 2], [("grpc-accept-encoding", "identity")]).messages == [
                    [1, 2]
                ]
            )
            await client.close()
        }
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let answer = await client.call("/test.Echo/Unary", [1, 2], [("grpc-accept-encoding", "gzip")])
            #expect(answer.bytes == FrameClient.framed([1, 2]))
            await client.close()
        }
    }

    @Test("of a coding that is not known are refused with those that are")
    func unknown() async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let answer = await client.call("/test.Echo/Unary", [1], [("grpc-encoding", "zstd")])
            #expect(answer.status == 12)
            #expect(answer.headers.first?.first(name: "grpc-accept-encoding") == "identity,deflate,gzip")
            await client.close()
        }
    }

    @Test("may be as large as the limit once they are not compressed, and no larger", arguments: [0, 1])
    func bomb(beyond: Int) async throws {
        let limit = 4 << 20
        try await LiveRPC.run(configure: { $0.rpc.messageBytes = limit }) { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Unary", [("grpc-encoding", "gzip")])
            let bomb = try Self.packed([UInt8](repeating: 0, count: limit + beyond), .gzip)
            client.send(FrameClient.framed(bomb, flag: 1), on: stream, end: true)
            let answer = await client.ended(stream)
            #expect(answer.status == (beyond == 0 ? 0 : 8))
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("that are long are decompressed beside the event loop, which goes on with what is short")
    func beside() async throws {
        let limit = 16 << 20
        try await LiveRPC.run(configure: { $0.rpc.messageBytes = limit }) { server in
            let client = try await server.connect()
            let bomb = try Self.packed([UInt8](repeating: 0, count: limit + 1), .gzip)
            let long = (0..<16).map { _ in client.open("/test.Echo/Unary", [("grpc-encoding", "gzip")]) }
            for stream in long { client.send(FrameClient.framed(bomb, flag: 1), on: stream, end: true) }
            #expect(await client.call("/test.Echo/Unary", [1]).messages == [[1]])
            let waiting = client.record.withLock { record in long.filter { record.streams[$0]?.isEnded != true }.count }
            #expect(waiting > 4)
            for stream in long { #expect(await client.ended(stream).status == 8) }
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("whose client does not wait for them are charged until they are let go of")
    func abandoned() async throws {
        let limit = 16 << 20
        try await LiveRPC.run(configure: { $0.rpc.messageBytes = limit }) { server in
            for _ in 0..<3 {
                let client = try await server.connect()
                let packed = try Self.packed([UInt8](repeating: 0, count: limit), .gzip)
                for _ in 0..<8 {
                    let stream = client.open("/test.Echo/Stream", [("grpc-encoding", "gzip")])
                    client.send(FrameClient.framed(packed, flag: 1), on: stream, end: false)
                }
                try await Task.sleep(for: .milliseconds(20))
                await client.close()
            }
            #expect(await server.eventuallyHoldsNothing())
        }
    }

    @Test("that are damaged, or should not be there, are refused", arguments: [true, false])
    func damaged(hasCoding: Bool) async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Unary", hasCoding ? [("grpc-encoding", "gzip")] : [])
            client.send(FrameClient.framed([1, 2, 3], flag: 1), on: stream, end: true)
            #expect(await client.ended(stream).status == 13)
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }
}
