// SPDX-License-Identifier: Apache-2.0
import Inference
import TestSupport
import Testing

@testable import HTTPServer

@Suite struct JSONScannerTests {
    private static func fault(_ text: [UInt8], depthLimit: Int = 8) -> String? {
        text.withUnsafeBytes { memory in
            message { () throws(ServingError) in
                var scanner = JSONScanner(memory, depthLimit: depthLimit)
                try scanner.skipValue()
                try scanner.finish()
            }
        }
    }

    @Test(arguments: [
        "{}", "[]", "null", "true", "false", "0", "\"\"", " [ 1 , 2 ] ", "{\"a\":[{}],\"b\":\"\\u00e9\\ud83d\\ude00\"}",
        "\"\u{7F}é€😀\"", "[NaN,-Infinity]",
    ])
    func passesWhatIsWellFormed(_ text: String) {
        #expect(Self.fault(Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        ("", JSONFault.value, 0), ("[1 2]", .elementComma, 3), ("[1", .elementComma, 2), ("[", .value, 1),
        ("[1,]", .value, 3), ("{1:2}", .memberName, 1), ("{\"a\" 1}", .colon, 5), ("{\"a\":1 \"b\"}", .memberComma, 7),
        ("{\"a\":1,}", .memberName, 7), ("{\"a\":1", .memberComma, 6), ("{", .memberName, 1), ("\"abc", .quote, 4),
        ("\"\\x\"", .escape, 1), ("\"\\", .escape, 1), ("\"\\u12G4\"", .hexDigit, 1), ("\"\\u12", .hexDigit, 1),
        ("\"\\ud800\"", .surrogate, 1), ("\"\\ud800\\u0041\"", .surrogate, 1), ("\"\\udc00\"", .surrogate, 1),
        ("\"a\nb\"", .encoding, 2), ("1.x", .fraction, 2), ("1ex", .exponent, 2), ("1e400", .numberRange, 0),
        ("nul", .value, 0), ("tru", .value, 0), ("[1]x", .trailing, 3), ("01", .trailing, 1), ("]", .value, 0),
    ])
    func saysWhatIsWrongAndWhere(_ text: String, _ fault: JSONFault, _ offset: Int) {
        #expect(Self.fault(Array(text.utf8)) == fault.error(at: offset).message)
    }

    /// Unicode's ill-formed sequences: stray, overlong, surrogate, beyond the last scalar, cut short.
    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
            [0xE2, 0x28, 0xA1], [0xC3, 0x28], [0xF0, 0x9F, 0x28, 0x80],
        ] as [[UInt8]]
    )
    func refusesWhatIsNotUTF8(_ bytes: [UInt8]) {
        for padding in [0, 3, 20] {
            let text = [UInt8(ascii: "\"")] + [UInt8](repeating: UInt8(ascii: "a"), count: padding) + bytes
            #expect(Self.fault(text + [UInt8(ascii: "\"")])?.contains(JSONFault.encoding.rawValue) == true)
        }
    }

    @Test func boundsDepth() {
        for limit in [1, 8, 100] {
            let atLimit = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
            #expect(Self.fault(Array(atLimit.utf8), depthLimit: limit) == nil)
            let beyond = "JSON nesting depth exceeds maximum allowed limit (\(limit)) at \(limit)"
            #expect(Self.fault(Array("[\(atLimit)]".utf8), depthLimit: limit) == beyond)
        }
    }

    @Test(arguments: [
        ("plain", "plain"), ("a\\\"b\\\\c\\/d", "a\"b\\c/d"), ("\\b\\f\\n\\r\\t", "\u{8}\u{C}\n\r\t"),
        ("\\u0041\\u00e9\\u20AC\\uD83D\\uDE00", "Aé€😀"),
        ("0123456789abcdefghi\\n0123456789é", "0123456789abcdefghi\n0123456789é"),
        ("\\u0000", "\0"),
    ])
    func decodesStrings(_ text: String, _ value: String) throws {
        let bytes = Array("\"\(text)\"".utf8)
        try bytes.withUnsafeBytes { memory in
            var scanner = JSONScanner(memory, depthLimit: 1)
            let found = try scanner.string()
            #expect(scanner.decoded(found) == value)
            #expect(found.decodedCount == value.utf8.count)
            #expect(scanner.position == bytes.count)
        }
    }

    @Test(arguments: [
        ("0", JSONNumber.unsigned(0)), ("-0", .unsigned(0)), ("18446744073709551615", .unsigned(.max)),
        ("18446744073709551616", .double(0x1p64)), ("-9223372036854775808", .negative(.min)),
        ("-9223372036854775809", .double(-0x1p63)), ("1.0", .double(1)), ("1e2", .double(100)),
    ])
    func tellsIntegersFromOtherNumbers(_ text: String, _ number: JSONNumber) throws {
        let bytes = Array(text.utf8)
        try bytes.withUnsafeBytes { memory in
            var scanner = JSONScanner(memory, depthLimit: 1)
            let found = try scanner.number()
            #expect(found == number)
        }
    }
}
