// SPDX-License-Identifier: Apache-2.0
import Inference
import KServeClient
import Testing

@Suite struct TensorTests {
    @Test(arguments: [
        (DataType.bool, "[true,false,1]", [1, 0, 1] as [UInt8]), (.uint8, "[0,255,7]", [0, 255, 7]),
        (.int8, "[-128,127,-1]", [0x80, 0x7F, 0xFF]), (.int16, "[[-2],[1],[256]]", [0xFE, 0xFF, 1, 0, 0, 1]),
        (.fp16, "[1,-2,65504]", [0, 0x3C, 0, 0xC0, 0xFF, 0x7B]), (.bf16, "[1,-2,0.5]", [0x80, 0x3F, 0, 0xC0, 0, 0x3F]),
        (.fp32, "[0,1,-1]", [0, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0x80, 0xBF]),
        (.bytes, #"["a","","é"]"#, [1, 0, 0, 0, 0x61, 0, 0, 0, 0, 2, 0, 0, 0, 0xC3, 0xA9]),
    ])
    func encodesElements(_ type: DataType, _ text: String, _ bytes: [UInt8]) throws {
        let data = try JSONReader.parse(Array(text.utf8))
        let tensor = try ClientTensor(name: "X", dataType: type, shape: [3], data: data)
        #expect(tensor.bytes == bytes)
        let again = try ClientTensor(name: "X", dataType: type, shape: [3], data: .array(tensor.elements()))
        #expect(again == tensor)
    }

    @Test(arguments: [
        (DataType.uint8, "256"), (.uint8, "-1"), (.int8, "128"), (.int64, "9223372036854775808"), (.uint64, "-1"),
        (.int32, "1.5"), (.bool, "2"), (.fp32, "\"1\""), (.bytes, "1"), (.int32, "null"),
    ])
    func refusesElements(_ type: DataType, _ text: String) throws {
        let data = try JSONReader.parse(Array(text.utf8))
        #expect(throws: ClientError.self) { try ClientTensor(name: "X", dataType: type, shape: [1], data: data) }
    }

    @Test func refusesAnotherCount() {
        let data = JSONValue.array([.integer(1), .integer(2)])
        #expect(throws: ClientError.badInput("'X' has 2 elements, but shape [3] needs 3")) {
            try ClientTensor(name: "X", dataType: .int8, shape: [3], data: data)
        }
    }

    @Test func everyHalfIsReadAndWrittenAlike() throws {
        for type in [DataType.fp16, .bf16] {
            let all = (0...UInt16.max).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
            let values = try ClientTensor(name: "X", dataType: type, shape: [65536], bytes: all).elements()
            let finite = values.indices.filter { values[$0].double?.isNaN == false }
            let written = try ClientTensor(
                name: "X",
                dataType: type,
                shape: [Int64(finite.count)],
                data: .array(finite.map { values[$0] })
            )
            let expected = finite.flatMap { all[2 * $0..<2 * $0 + 2] }
            #expect(written.bytes == expected)
        }
    }

    @Test(
        arguments: [
            (1 + 0x1p-11, [0, 0x3C]), (1 + 0x1.8p-10, [2, 0x3C]), (65519.0, [0xFF, 0x7B]),
            (65520, [0, 0x7C]), (0x1p-25, [0, 0]), (0x1.8p-25, [1, 0]),
        ] as [(Double, [UInt8])]
    )
    func halvesAreRoundedToEven(_ value: Double, _ bytes: [UInt8]) throws {
        let tensor = try ClientTensor(name: "X", dataType: .fp16, shape: [], data: .number(value))
        #expect(tensor.bytes == bytes)
    }

    @Test func elementsEndWithTheBytes() {
        let short = ClientTensor(name: "X", dataType: .bytes, shape: [1], bytes: [5, 0, 0, 0, 1])
        #expect(throws: ClientError.self) { try short.elements() }
        let huge = ClientTensor(name: "X", dataType: .int8, shape: [1 << 40, 1 << 40], bytes: [])
        #expect(throws: ClientError.self) { try huge.elements() }
    }
}
