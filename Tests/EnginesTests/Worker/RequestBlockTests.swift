// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Engines

@Suite struct RequestBlockTests {
    private static func tensor(_ name: String, _ type: DataType, _ shape: Shape, _ bytes: [UInt8]) -> InputTensor {
        InputTensor(name: name, dataType: type, shape: shape, bytes: TensorBytes(bytes))
    }

    private static func bytes(_ values: [some Any]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

    /// The requests of the golden block, whose numbers do not follow each other there.
    private static var requests: [BatchedRequest] {
        var first = InferenceRequest.Fields()
        first.inputs = [
            tensor("FP32", .fp32, [1, 3], bytes([Float(1), -2.5, 3e38])),
            tensor("WORDS", .bytes, [1, 2], [3, 0, 0, 0] + Array("abc".utf8) + [0, 0, 0, 0]),
            tensor("BOOL", .bool, [], [1]),
        ]
        first.requestedOutputs = [RequestedOutput(name: "OUT"), RequestedOutput(name: "ö")]
        first.id = "first"
        first.parameters = [Parameter(name: "a", value: .int64(1)), Parameter(name: "b", value: .string("é"))]
        first.correlationID = .string("a text")
        first.timeoutMicroseconds = 1_000_000
        first.priority = 2
        first.startsSequence = true
        var second = InferenceRequest.Fields()
        second.inputs = [
            tensor("INT64", .int64, [2, 1], bytes([Int64.min, Int64.max])),
            tensor("BF16", .bf16, [2, 2], bytes([UInt16(0x3F80), 0xC020, 0, 0x7F80])),
            tensor("EMPTY", .int8, [2, 0], []),
        ]
        second.correlationID = .number(.max)
        second.endsSequence = true
        return [
            BatchedRequest(request: InferenceRequest(first), batchSize: 1),
            BatchedRequest(request: InferenceRequest(second), batchSize: 2),
        ]
    }

    @Test func theBlockIsTheGoldenOne() throws {
        var golden = try WorkerFixtures.bytes("block")
        let block = try RequestBlock(Self.requests)
        #expect(block.byteCount == golden.count)
        #expect(block.requestCount == 2)
        var written = [UInt8](repeating: 0, count: block.byteCount)
        let span = AreaSpan(area: 3, offset: 4096, length: block.byteCount)
        written.withUnsafeMutableBytes { block.write(into: $0, at: span, firstRequest: 0x1122_3344_5566_7788) }
        // The second record has the number 2 there.
        withUnsafeBytes(of: UInt64(0x1122_3344_5566_7789).littleEndian) { golden.replaceSubrange(280..<288, with: $0) }
        #expect(written == golden)
    }

    @Test func nothingIsWrittenOutside() throws {
        let block = try RequestBlock(Self.requests)
        var memory = [UInt8](repeating: 0xAA, count: block.byteCount + 128)
        memory.withUnsafeMutableBytes { all in
            let part = UnsafeMutableRawBufferPointer(rebasing: all[64..<64 + block.byteCount])
            block.write(into: part, at: AreaSpan(area: 0, offset: 64, length: block.byteCount), firstRequest: 1)
        }
        #expect(memory[0..<64].allSatisfy { $0 == 0xAA })
        #expect(memory[(64 + block.byteCount)...].allSatisfy { $0 == 0xAA })
    }
}
