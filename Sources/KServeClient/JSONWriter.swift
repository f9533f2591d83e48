// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// The document on one line, without spaces.
    package var compactText: String {
        var text = ""
        write(to: &text, indent: nil)
        return text
    }

    /// The document with two spaces per level; arrays of plain values stay on one line, as tensors are long.
    package var prettyText: String {
        var text = ""
        write(to: &text, indent: 0)
        return text
    }

    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .unsigned(let value): text += String(value)
        case .number(let value): text += Self.printed(value)
        case .string(let value): Self.writeQuoted(value, to: &text)
        case .array(let elements): Self.write(elements, to: &text, indent: indent)
        case .object(let members): Self.write(members, to: &text, indent: indent)
        }
    }

    private static func printed(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return value.description
    }

    private static func write(_ elements: [JSONValue], to text: inout String, indent: Int?) {
        let isFlat = elements.allSatisfy { $0.elements == nil && $0.members == nil }
        let inner = isFlat ? nil : indent.map { $0 + 1 }
        text += "["
        for (index, element) in elements.enumerated() {
            if index > 0 { text += indent != nil && isFlat ? ", " : "," }
            startLine(in: &text, indent: inner)
            element.write(to: &text, indent: inner)
        }
        if !elements.isEmpty, !isFlat { startLine(in: &text, indent: indent) }
        text += "]"
    }

    private static func write(_ members: [JSONMember], to text: inout String, indent: Int?) {
        let inner = indent.map { $0 + 1 }
        text += "{"
        for (index, member) in members.enumerated() {
            if index > 0 { text += "," }
            startLine(in: &text, indent: inner)
            writeQuoted(member.name, to: &text)
            text += indent == nil ? ":" : ": "
            member.value.write(to: &text, indent: inner)
        }
        if !members.isEmpty { startLine(in: &text, indent: indent) }
        text += "}"
    }

    private static func startLine(in text: inout String, indent: Int?) {
        guard let indent else { return }
        text += "\n" + String(repeating: "  ", count: indent)
    }

    private static func writeQuoted(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{00}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
