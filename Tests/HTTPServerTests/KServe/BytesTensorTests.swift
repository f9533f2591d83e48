// SPDX-License-Identifier: Apache-2.0
import Inference
import TestSupport
import Testing

@Suite struct BytesTensorTests {
    @Test(arguments: [[], [[]], [[1, 2, 3], [], [4]], [[UInt8](repeating: 9, count: 300)]] as [[[UInt8]]])
    func encodesAndWalks(_ elements: [[UInt8]]) throws {
        let bytes = try #require(BytesTensor.encode(elements))
        #expect(BytesTensor.elements(of: bytes) == elements)
        #expect(BytesTensor.elementCount(of: bytes) == elements.count)
    }

    private static let place = "for inference input 'IN' for model 'm'"

    @Test(
        arguments: [
            ([0, 0, 0, 0], 1, nil), ([], 0, nil), ([2, 0, 0, 0, 65, 66], 1, nil),
            (
                [1, 0, 0], 1,
                "incomplete string length indicator \(place), expecting 4 bytes but only 3 bytes available. Please make"
                    + " sure the string length indicator is in one buffer."
            ),
            (
                [2, 0, 0, 0, 65], 1,
                "incomplete string element 0 \(place), expecting 2 bytes but only 1 bytes available"
            ),
            (
                [0xFF, 0xFF, 0xFF, 0xFF], 1,
                "incomplete string element 0 \(place), expecting 4294967295 bytes but only 0 bytes available"
            ),
            ([0, 0, 0, 0, 0, 0, 0, 0], 1, "unexpected number of string elements 2 \(place), expecting 1"),
            ([0, 0, 0, 0], 2, "expected 2 string elements \(place), got 1"),
            ([], 1, "expected 1 string elements \(place), got 0"),
        ] as [([UInt8], Int, String?)]
    )
    func validates(_ bytes: [UInt8], _ count: Int, _ text: String?) {
        let found = message { () throws(ServingError) in
            try BytesTensor.validate(TensorBytes(bytes), elementCount: count, input: "IN", model: "m")
        }
        #expect(found == text)
    }
}

@Suite struct ClassificationTests {
    private static func classify(
        _ output: OutputTensor,
        _ count: Int,
        labels: [String] = [],
        batched: Bool = false
    ) throws(ServingError) -> (shape: Shape, texts: [String]) {
        let result = try Classification.classify(output, count: count, labels: labels, batched: batched)
        let texts = (BytesTensor.elements(of: result.bytes) ?? []).map { String(decoding: $0, as: UTF8.self) }
        return (result.shape, texts)
    }

    @Test func ranksEachBatchEntry() throws {
        let output = tensor(.fp32, [2, 3], [0.1, 0.7, 0.2, -1, .nan, 5] as [Float])
        let (shape, texts) = try Self.classify(output, 2, labels: ["a", "b"], batched: true)
        #expect(shape == [2, 2])
        #expect(texts == ["0.700000:1:b", "0.200000:2", "5.000000:2", "-1.000000:0:a"])
    }

    @Test func aBlankLabelIsNone() throws {
        let output = tensor(.int32, [3], [3, 2, 1] as [Int32])
        #expect(try Self.classify(output, 3, labels: ["", "b", ""]).texts == ["3:0", "2:1:b", "1:2"])
    }

    @Test func withoutABatchAllElementsCompete() throws {
        let output = tensor(.int32, [2, 2], [1, 4, 3, 4] as [Int32])
        let (shape, texts) = try Self.classify(output, 10)
        #expect(shape == [4])
        #expect(texts == ["4:1", "4:3", "3:2", "1:0"])
    }

    @Test func printsEveryType() throws {
        #expect(try Self.classify(tensor(.uint8, [1], [UInt8(200)]), 1).texts == ["200:0"])
        #expect(try Self.classify(tensor(.int64, [1], [Int64.min]), 1).texts == ["-9223372036854775808:0"])
        #expect(try Self.classify(tensor(.fp64, [1], [-0.0000005]), 1).texts == ["-0.000000:0"])
        #expect(try Self.classify(tensor(.fp64, [1], [1e20]), 1).texts == ["100000000000000000000.000000:0"])
        #expect(try Self.classify(tensor(.fp64, [1], [Double.greatestFiniteMagnitude]), 1).texts[0].utf8.count == 318)
        #expect(try Self.classify(tensor(.fp32, [], [Float.infinity]), 1).texts == ["inf:0"])
    }

    @Test func bothWaysOfRankingAgree() throws {
        var generator = SplitMix64(seed: 4)
        let values = (0..<300).map { _ in Float(Int.random(in: 0..<50, using: &generator)) }
        let output = tensor(.fp32, [300], values)
        let all = try Self.classify(output, 300).texts
        #expect(try Self.classify(output, 64).texts == Array(all.prefix(64)))
        #expect(try Self.classify(output, 65).texts == Array(all.prefix(65)))
    }

    @Test func emptyTensorsHaveNoClasses() throws {
        #expect(try Self.classify(tensor(.fp32, [0, 3], [Float]()), 2, batched: true).shape == [0, 2])
        let wide = tensor(.fp32, [1 << 60, 0], [Float]())
        #expect(try Self.classify(wide, 2, batched: true).shape == [1 << 60, 0])
    }

    @Test(arguments: [DataType.fp16, .bf16, .bool, .bytes]) func refusesTypesWithoutAnOrder(_ type: DataType) {
        let output = tensor(type, [1], [UInt8](repeating: 0, count: type.byteSize ?? 4))
        #expect(
            message { () throws(ServingError) in _ = try Self.classify(output, 1) }
                == "class result not available for output due to unsupported type '\(type.wireName)'"
        )
    }

    @Test func boundsElements() {
        let fault = { (count: Int) in
            message { () throws(ServingError) in
                let output = tensor(.uint8, [Int64(count)], [UInt8](repeating: 1, count: count))
                _ = try Self.classify(output, 1)
            }
        }
        #expect(fault(1_000_000) == nil)
        #expect(fault(1_000_001) == "classification output tensor too large")
    }
}
