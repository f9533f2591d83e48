// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// A JSON object of few members, for what workers are told.
struct JSONObjectWriter {
    private var text: [UInt8] = [UInt8(ascii: "{")]

    /// Of a request's own parameters; empty if there are none.
    static func parameters(_ parameters: [Parameter]) -> [UInt8] {
        guard !parameters.isEmpty else { return [] }
        var writer = JSONObjectWriter()
        for parameter in parameters { writer.put(parameter.name, parameter.value) }
        return writer.finished()
    }

    mutating func put(_ name: String, _ value: String) {
        begin(name)
        append(quoted: value)
    }

    mutating func put(_ name: String, object: [UInt8]) {
        begin(name)
        text += object
    }

    mutating func put(_ name: String, elements: [[UInt8]]) { put(name, object: Self.array(elements)) }

    mutating func put(_ name: String, members: [String: String]) {
        var object = JSONObjectWriter()
        for (name, value) in members.sorted(by: { $0.key < $1.key }) { object.put(name, value) }
        put(name, object: object.finished())
    }

    static func array(_ elements: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "[")] + elements.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
    }

    mutating func put(_ name: String, _ value: Bool) {
        begin(name)
        text += (value ? "true" : "false").utf8
    }

    private mutating func put(_ name: String, _ value: ParameterValue) {
        switch value {
        case .bool(let value): put(name, value)
        case .string(let value): put(name, value)
        case .int64(let value): put(name, number: String(value))
        case .uint64(let value): put(name, number: String(value))
        // JSON has no way to write what is not finite.
        case .double(let value): value.isFinite ? put(name, number: "\(value)") : put(name, "\(value)")
        }
    }

    mutating func put(_ name: String, _ value: Int) { put(name, number: String(value)) }

    private mutating func put(_ name: String, number: String) {
        begin(name)
        text += number.utf8
    }

    consuming func finished() -> [UInt8] { text + [UInt8(ascii: "}")] }

    private mutating func begin(_ name: String) {
        if text.count > 1 { text.append(UInt8(ascii: ",")) }
        append(quoted: name)
        text.append(UInt8(ascii: ":"))
    }

    private mutating func append(quoted value: String) {
        text.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
            case 0..<0x20, 0x7F:
                let digits = Array("0123456789abcdef".utf8)
                text += "\\u00".utf8
                text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
