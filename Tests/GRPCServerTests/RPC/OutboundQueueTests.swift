// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import Testing
import Transport

@testable import GRPCServer

@Suite("The queue of a call's answers") struct OutboundQueueTests {
    private func add(_ content: [UInt8], to queue: inout OutboundQueue) throws {
        try queue.append(coding: nil, level: 1) { _ = $0.writeBytes(content) }
    }

    @Test("gives out what was put in, in pieces of any size", arguments: [1, 3, 7, 1000, 1 << 20])
    func pieces(size: Int) throws {
        var queue = OutboundQueue()
        let contents: [[UInt8]] = [[], [1, 2, 3], [UInt8](repeating: 4, count: 100_000), [5]]
        for content in contents { try add(content, to: &queue) }
        let wire = contents.flatMap { FrameClient.framed($0) }
        #expect(queue.count == wire.count)
        var found: [UInt8] = []
        while let piece = queue.take(upTo: size) {
            #expect(piece.readableBytes <= size)
            found += piece.readableBytesView
            #expect(queue.isPartlyTaken == !queue.isEmpty)
            #expect(queue.count == wire.count - found.count)
        }
        #expect(found == wire)
    }

    @Test("puts many small messages into one piece")
    func coalesces() throws {
        var queue = OutboundQueue()
        for _ in 0..<1000 { try add([1, 2, 3], to: &queue) }
        #expect(queue.take(upTo: 1 << 20)?.readableBytes == 8000)
        #expect(queue.take(upTo: 1 << 20) == nil)
    }

    @Test(
        "knows what memory it takes, also of what is half empty or half taken",
        arguments: [1, 700, 5000, 65_536, 200_000]
    )
    func memory(size: Int) throws {
        var queue = OutboundQueue()
        #expect(queue.memory == 0)
        var written = 0
        while written < 400_000 {
            try add([UInt8](repeating: 1, count: size), to: &queue)
            written += size + 5
            #expect(queue.memory >= queue.count)
            #expect(queue.memory <= max(2 * queue.count, 4096))
        }
        let full = queue.memory
        _ = queue.take(upTo: 1)
        #expect(queue.memory == full, "memory goes with its last byte")
        while queue.take(upTo: 10_000) != nil { #expect(queue.memory >= queue.count) }
        #expect(queue.memory == 0)
    }

    @Test("fills the memory that many small messages wait in")
    func fills() throws {
        var queue = OutboundQueue()
        for _ in 0..<1000 { try add([UInt8](repeating: 1, count: 1024), to: &queue) }
        #expect(queue.memory < queue.count * 9 / 8)
    }

    @Test("has nothing of a message that could not be written")
    func failure() throws {
        var queue = OutboundQueue()
        try add([1], to: &queue)
        #expect(throws: ServingError.self) {
            try queue.append(coding: nil, level: 1) { buffer throws(ServingError) in
                buffer.writeBytes([9, 9, 9])
                throw ServingError(.internalError, "no")
            }
        }
        try add([2], to: &queue)
        #expect(queue.count == 12)
        #expect(
            queue.take(upTo: 100).map { Array($0.readableBytesView) } == FrameClient.framed([1])
                + FrameClient.framed([2])
        )
    }

    @Test("compresses where there is a coding", arguments: [ContentCoding.gzip, .deflate])
    func compressed(coding: ContentCoding) throws {
        var queue = OutboundQueue()
        let content = [UInt8](repeating: 7, count: 10_000)
        try queue.append(coding: coding, level: 6) { _ = $0.writeBytes(content) }
        let wire = queue.take(upTo: 1 << 20).map { Array($0.readableBytesView) } ?? []
        #expect(wire.first == 1)
        #expect(wire.count < 200)
        let plain = try coding.inflateMessage(TensorBytes(Array(wire.dropFirst(5))), limit: 10_000)
        #expect(plain.withUnsafeBytes { Array($0) } == content)
    }
}
