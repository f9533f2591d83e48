// SPDX-License-Identifier: Apache-2.0

/// Prints a configuration as a `config.pbtxt`: only what is set, two spaces a level, numbers in lists on one line.
struct TextPrinter {
    private(set) var text = ""
    private var indentation = ""

    mutating func print(_ message: DynamicMessage) {
        for (index, field) in message.schema.fields.enumerated() {
            if field.isMap {
                for entry in message.sortedEntries(ofFieldAt: index) { print(entry, of: field) }
            } else if field.isRepeated, field.kind.isPackable || field.kind == .string {
                print(list: message[index].map(\.value), of: field)
            } else {
                for element in message[index] { print(element.value, of: field) }
            }
        }
    }

    private mutating func print(_ value: DynamicValue, of field: FieldSchema) {
        text += indentation + field.name
        if case .message(let message) = value {
            text += " "
            nest { $0.print(message) }
        } else {
            text += ": " + scalar(value, of: field.kind) + "\n"
        }
    }

    private mutating func print(list: [DynamicValue], of field: FieldSchema) {
        if list.isEmpty { return }
        let items = list.map { scalar($0, of: field.kind) }
        text += indentation + field.name + ": [ " + items.joined(separator: ", ") + " ]\n"
    }

    private mutating func print(_ entry: (key: DynamicValue, value: DynamicValue), of field: FieldSchema) {
        guard let entryIndex = field.messageIndex else { return }
        let schema = ConfigSchema.shared.messages[entryIndex]
        text += indentation + field.name + " "
        nest {
            $0.print(entry.key, of: schema.fields[0])
            $0.print(entry.value, of: schema.fields[1])
        }
    }

    private mutating func nest(_ body: (inout TextPrinter) -> Void) {
        text += "{\n"
        indentation += "  "
        body(&self)
        indentation.removeLast(2)
        text += indentation + "}\n"
    }

    private func scalar(_ value: DynamicValue, of kind: FieldKind) -> String {
        switch value {
        case .bool(let value): value ? "true" : "false"
        case .signed(let value): String(value)
        case .unsigned(let value): String(value)
        case .float(let value): value.isNaN ? "nan" : String(describing: value)
        case .double(let value): value.isNaN ? "nan" : String(describing: value)
        case .string(let value): quotedLiteral(value)
        case .enumeration(let number): enumName(number, of: kind)
        case .message: preconditionFailure("a message is no scalar")
        }
    }

    private func enumName(_ number: Int32, of kind: FieldKind) -> String {
        guard case .enumeration(let index) = kind else { return String(number) }
        return ConfigSchema.shared.enums[index].name(numbered: number) ?? String(number)
    }

    private func quotedLiteral(_ string: String) -> String {
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 8)
                result += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
