// SPDX-License-Identifier: Apache-2.0
import NIOHPACK
import NIOHTTP2
import Testing

@testable import GRPCServer

@Suite("Unary calls") struct UnaryCallTests {
    @Test(
        "are answered with headers, a message and trailers",
        arguments: [0, 1, 5, 16_379, 16_384, 100_000, 2_000_000]
    )
    func echo(size: Int) async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let answer = await client.call("/test.Echo/Unary", content)
            #expect(answer.headers.count == 2)
            #expect(answer.httpStatus == "200")
            #expect(answer.headers.first?.first(name: "content-type") == "application/grpc")
            #expect(answer.messages == [content])
            #expect(answer.status == 0)
            #expect(answer.reset == nil)
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("run beside each other on one connection")
    func many() async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let streams = (0..<100).map { _ in client.open("/test.Echo/Unary") }
            for (index, stream) in streams.enumerated() {
                client.sendMessage([UInt8](repeating: UInt8(index), count: index * 100), on: stream, end: true)
            }
            for (index, stream) in streams.enumerated() {
                let answer = await client.ended(stream)
                #expect(answer.messages == [[UInt8](repeating: UInt8(index), count: index * 100)])
                #expect(answer.status == 0)
            }
            #expect(server.log.now.opened == 100)
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("are refused without a message and with more than one", arguments: [0, 2])
    func cardinality(count: Int) async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Unary")
            for _ in 0..<count { client.sendMessage([1], on: stream) }
            client.send([], on: stream, end: true)
            let answer = await client.ended(stream)
            #expect(answer.status == 12)
            #expect(server.log.now.messages == 0)
            #expect(await server.log.eventually { $0.cancelled == 1 })
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }

    @Test("to a method that does not exist end with trailers only")
    func unknownMethod() async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let answer = await client.call("/test.Echo/Nothing", [1, 2, 3])
            #expect(answer.headers.count == 1)
            #expect(answer.httpStatus == "200")
            #expect(answer.status == 12)
            #expect(await client.call("/test.Echo/Unary", [4]).messages == [[4]])
            await client.close()
        }
    }

    @Test(
        "that are not gRPC get a status of HTTP",
        arguments: [
            ("GET", "application/grpc", "405"), ("POST", "application/json", "415"),
            ("POST", "application/grpc+json", "415"), ("POST", "application/grpcx", "415"),
            ("POST", "application/grpc+proto", "200"), ("POST", "application/grpc; charset=utf-8", "200"),
        ]
    )
    func notGRPC(method: String, contentType: String, status: String) async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            var headers = FrameClient.headers("/test.Echo/Unary")
            headers.replaceOrAdd(name: "content-type", value: contentType)
            headers.remove(name: ":method")
            var ordered = HPACKHeaders([(":method", method)])
            for (name, value, _) in headers { ordered.add(name: name, value: value) }
            let stream = client.open(headers: ordered)
            client.sendMessage([1], on: stream, end: true)
            #expect(await client.ended(stream).httpStatus == status)
            await client.close()
        }
    }

    @Test("that end in an error carry its message, percent-encoded")
    func refused() async throws {
        try await LiveRPC.run { server in
            let client = try await server.connect()
            let stream = client.open("/test.Echo/Refuse")
            let answer = await client.ended(stream)
            #expect(answer.status == 5)
            #expect(answer.message == "no %E2%80%98thing%E2%80%99 at 100%25%0A")
            #expect(await client.eventually { $0.streams[stream]?.reset == .noError })
            #expect(await server.eventuallyHoldsNothing())
            await client.close()
        }
    }
}
