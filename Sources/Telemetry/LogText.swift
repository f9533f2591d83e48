// SPDX-License-Identifier: Apache-2.0
private import Inference

/// Text of a log line that comes from elsewhere, made safe to print: it cannot end the line, leave its quotes, or move
/// a terminal's cursor, and it has no key that was sent or typed in the wrong place.
package enum LogText {
    /// `text` as a JSON string, quotes included.
    package static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in SecretText.concealed(text).unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            default: append(scalar, to: &quoted)
            }
        }
        return quoted + "\""
    }

    /// `text` without quotes, for the cell of a table.
    package static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in SecretText.concealed(text).unicodeScalars { append(scalar, to: &escaped) }
        return escaped
    }

    /// A value of `key=value`: as it is if it is one plain word, otherwise quoted.
    package static func value(_ text: String) -> String {
        let text = SecretText.concealed(text)
        let isPlain = !text.isEmpty && text.unicodeScalars.allSatisfy(isPlain)
        return isPlain ? text : quoted(text)
    }

    /// A key of `key=value`: anything but a plain character becomes `_`.
    package static func key(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isPlain($0) ? $0 : "_" }))
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-", ":", "/", "+", "%", "@": true
        default: false
        }
    }

    private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
        switch scalar {
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        case "\u{8}": text += "\\b"
        case "\u{C}": text += "\\f"
        default:
            if isDangerous(scalar) {
                appendEscape(scalar, to: &text)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }

    /// Controls, line separators, and the marks that make a terminal show text in another order than it has.
    private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }

    private static func appendEscape(_ scalar: Unicode.Scalar, to text: inout String) {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        text += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
