// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Access

@Suite("Strict JSON") struct JSONNodeReaderTests {
    func parse(_ text: String) throws -> JSONNode { try JSONNodeReader.parse(Array(text.utf8), depth: 4, nodes: 16) }

    @Test(
        "is read",
        arguments: [
            (" null ", .null), ("true", .bool(true)), ("false", .bool(false)), ("0", .integer(0)), ("-0", .integer(0)),
            ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number(9223372036854775808)),
            ("1.5", .number(1.5)), ("1e2", .number(100)), ("1E-2", .number(0.01)), ("-1e+2", .number(-100)),
            (#""a\"\\\/\b\f\n\r\t\u0041\ud83d\ude00é""#, .string("a\"\\/\u{8}\u{c}\n\r\tA😀é")),
            ("[]", .array([])), ("[1, [2]]", .array([.integer(1), .array([.integer(2)])])),
            (#"{"a":1,"b":{}}"#, .object(["a": .integer(1), "b": .object([:])])),
        ] as [(String, JSONNode)]
    )
    func good(text: String, node: JSONNode) throws { #expect(try parse(text) == node) }

    @Test(
        "is refused",
        arguments: [
            "", " ", "nul", "True", "NaN", "Infinity", "01", "1.", ".5", "1e", "+1", "--1", "1e999", "0x1", "[1,]",
            "[,1]",
            "[1 2]", "[", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{a:1}", #"{"a":1 "b":2}"#, #"{"a":1,"a":1}"#,
            #"{"a":1,"\u0061":1}"#, "\"\t\"", "\"a", #""\x""#, #""\u12""#, #""\ud800""#, #""\ud800\u0041""#,
            #""\udc00""#,
            "1 1", "{}{}", "'a'", "/**/1", "\u{feff}1", "\u{b}1", #""\u+123""#, "[[[[[]]]]]",
            "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]",
        ]
    )
    func bad(text: String) { #expect(throws: JSONNodeReader.Fault.self) { try parse(text) } }

    @Test("is bounded in depth and number")
    func bounds() throws {
        #expect(try parse("[[[[]]]]") == .array([.array([.array([.array([])])])]))
        #expect(try parse("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]").elements?.count == 15)
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20)
        #expect(throws: JSONNodeReader.Fault.self) { try JSONNodeReader.parse(deep, depth: 8, nodes: 1 << 20) }
    }

    @Test(
        "is UTF-8",
        arguments: [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]]
    )
    func encoding(bytes: [UInt8]) {
        #expect(throws: JSONNodeReader.Fault.self) {
            try JSONNodeReader.parse([0x22] + bytes + [0x22], depth: 1, nodes: 1)
        }
    }

    @Test("of any bytes ends, in an answer or a fault")
    func fuzz() {
        var generator = SplitMix64(seed: 3)
        let alphabet = Array(#"{}[]:,"\u0aDd8 1.e-tfn"#.utf8) + [0x80, 0xc3, 0xff]
        for _ in 0..<50_000 {
            let length = Int.random(in: 0..<24, using: &generator)
            let bytes = (0..<length).map { _ in alphabet.randomElement(using: &generator)! }
            _ = try? JSONNodeReader.parse(bytes, depth: 4, nodes: 16)
        }
    }

    @Test(
        "stands in tokens as base64url, each text in one spelling",
        arguments: [
            ("", []), ("AA", [0]), ("AAA", [0, 0]), ("_-8", [0xff, 0xef]), ("Zm9v", Array("foo".utf8)), ("A", nil),
            ("AB", nil), ("AAB", nil), ("AA==", nil), ("+/8", nil), ("AA\n", nil), ("A A", nil), ("AAAAA", nil),
        ] as [(String, [UInt8]?)]
    )
    func base64(text: String, bytes: [UInt8]?) { #expect(Base64URL.decode(text.utf8) == bytes) }
}
