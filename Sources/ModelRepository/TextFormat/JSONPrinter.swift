// SPDX-License-Identifier: Apache-2.0

/// Prints a configuration the way Triton's `ModelConfigToJson` does.
///
/// Names are the file's own, fields come in the order in which the file declares them, scalars, lists and maps are
/// there even if they hold nothing but their default, messages and choices of a oneof only if they are set.
struct JSONPrinter {
    private(set) var text = ""

    mutating func print(_ message: DynamicMessage) {
        text += "{"
        var isFirst = true
        for (index, field) in message.schema.fields.enumerated() {
            let elements = message[index]
            let isAlwaysPrinted = field.isRepeated || (field.messageIndex == nil && field.oneof == nil)
            guard isAlwaysPrinted || !elements.isEmpty else { continue }
            if !isFirst { text += "," }
            isFirst = false
            text += "\"\(field.name)\":"
            print(fieldAt: index, of: message)
        }
        text += "}"
    }

    private mutating func print(fieldAt index: Int, of message: DynamicMessage) {
        let field = message.schema.fields[index]
        let quotesIntegers = Self.fieldsWithQuotedIntegers.contains("\(message.schema.name).\(field.name)")
        if field.isMap {
            printMap(message.sortedEntries(ofFieldAt: index), fieldAt: index, of: message)
        } else if field.isRepeated {
            text += "["
            for (position, element) in message[index].enumerated() {
                if position > 0 { text += "," }
                print(element.value, of: field.kind, quotesIntegers: quotesIntegers)
            }
            text += "]"
        } else {
            let value = message[index].last?.value ?? DynamicMessage.defaultValue(of: field.kind)
            print(value, of: field.kind, quotesIntegers: quotesIntegers)
        }
    }

    private mutating func printMap(
        _ entries: [(key: DynamicValue, value: DynamicValue)],
        fieldAt index: Int,
        of message: DynamicMessage
    ) {
        guard let entryIndex = message.schema.fields[index].messageIndex else { return }
        let valueKind = ConfigSchema.shared.messages[entryIndex].fields[1].kind
        text += "{"
        for (position, entry) in entries.enumerated() {
            if position > 0 { text += "," }
            switch entry.key {
            case .string(let key): printString(key)
            case .unsigned(let key): text += "\"\(key)\""
            case .signed(let key): text += "\"\(key)\""
            default: preconditionFailure("no map of a model configuration has such a key")
            }
            text += ":"
            print(entry.value, of: valueKind, quotesIntegers: false)
        }
        text += "}"
    }

    private mutating func print(_ value: DynamicValue, of kind: FieldKind, quotesIntegers: Bool) {
        switch value {
        case .bool(let value): text += value ? "true" : "false"
        case .signed(let value): text += quotesIntegers ? "\"\(value)\"" : String(value)
        case .unsigned(let value): text += quotesIntegers ? "\"\(value)\"" : String(value)
        case .float(let value): text += JSONNumberText.text(value)
        case .double(let value): text += JSONNumberText.text(value)
        case .string(let value): printString(value)
        case .message(let value): print(value)
        case .enumeration(let number):
            guard case .enumeration(let index) = kind,
                let name = ConfigSchema.shared.enums[index].name(numbered: number)
            else {
                text += String(number)
                return
            }
            text += "\"\(name)\""
        }
    }

    /// Protobuf's JSON quotes every 64-bit integer and Triton takes the quotes off again, except from these fields,
    /// which it forgot.
    private static let fieldsWithQuotedIntegers: Set<String> = [
        "ModelInstanceGroup.SecondaryDevice.device_id",
        "ModelOptimizationPolicy.Cuda.GraphSpec.Shape.dim",
        "ModelSequenceBatching.InitialState.dims",
    ]

    private mutating func printString(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{08}": text += "\\b"
            case "\u{0C}": text += "\\f"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
