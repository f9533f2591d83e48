// SPDX-License-Identifier: Apache-2.0
import KServeClient
import Testing

@Suite struct JSONTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONReader.parse(Array(text.utf8)) }

    @Test(arguments: [
        ("null", JSONValue.null), (" true ", .bool(true)), ("false", .bool(false)), ("0", .integer(0)),
        ("-9223372036854775808", .integer(.min)), ("18446744073709551615", .unsigned(.max)), ("1.5e3", .number(1500)),
        ("18446744073709551616", .number(0x1p64)), ("Infinity", .number(.infinity)), ("-Infinity", .number(-.infinity)),
        (#""a\"\\\/\b\f\n\r\tz""#, .string("a\"\\/\u{8}\u{c}\n\r\tz")), (#""\u00e9\ud83d\ude00""#, .string("é😀")),
        ("[]", .array([])), ("{}", .object([])), ("[1,[2]]", .array([.integer(1), .array([.integer(2)])])),
        (#"{"b":1,"a":null}"#, .object([JSONMember("b", .integer(1)), JSONMember("a", .null)])),
    ])
    func reads(_ text: String, as value: JSONValue) throws {
        #expect(try parse(text) == value)
    }

    @Test func readsNaN() throws {
        #expect(try parse("[NaN]").elements?.first?.double?.isNaN == true)
    }

    @Test(arguments: [
        ("", 0), ("[1,]", 3), ("{1:2}", 1), (#"{"a" 1}"#, 5), ("nul", 0), ("1 2", 2), ("[1", 2), ("\"a", 2), ("-", 0),
        ("\"\u{1}\"", 1), (#""\x""#, 2), (#""\ud800""#, 7), (#""\u12g4""#, 3), ("1.2.3", 0),
    ])
    func refuses(_ text: String, atByte offset: Int) {
        #expect { try parse(text) } throws: { ($0 as? JSONError)?.offset == offset }
    }

    @Test func boundsDepth() throws {
        let limit = JSONReader.maximumDepth
        let deepest = String(repeating: "[", count: limit - 1) + "1" + String(repeating: "]", count: limit - 1)
        #expect(throws: Never.self) { try parse(deepest) }
        #expect(throws: JSONError.self) { try parse("[" + deepest + "]") }
    }

    @Test(arguments: [
        #"{"a":[1,2.5,"x\n\"\\\u0001"],"b":{},"c":[[true],null]}"#, "[NaN,Infinity,-Infinity]", "18446744073709551615",
    ])
    func printsWhatItRead(_ text: String) throws {
        let value = try parse(text)
        #expect(value.compactText == text)
        #expect(try parse(value.prettyText).compactText == text)
    }
}
