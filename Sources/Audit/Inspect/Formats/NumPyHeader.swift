// SPDX-License-Identifier: Apache-2.0

/// The dictionary at the beginning of a NumPy array: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
struct NumPyHeader {
    /// The type of an element.
    struct ElementType {
        /// Bytes.
        var size = 0
        var holdsObjects = false
        /// As it is written.
        var text = ""
    }

    private(set) var type = ElementType()
    private(set) var shape: [Int] = []

    private let text: [UInt8]
    private let offset: Int
    private var position = 0

    init(_ text: [UInt8], offset: Int) {
        self.text = text
        self.offset = offset
    }

    mutating func read() throws(InspectionFault) {
        try expect("{")
        var keys: Set<String> = []
        while !take("}") {
            let key = try string()
            guard keys.insert(key).inserted else { throw fault("has the key \(Printed.quoted(key)) twice") }
            try expect(":")
            switch key {
            case "descr": type = try elementType(depth: 0)
            case "fortran_order": guard take("True") || take("False") else { throw fault("has an order that is none") }
            case "shape": shape = try numbers()
            default: throw fault("has the unknown key \(Printed.quoted(key))")
            }
            if !take(",") {
                try expect("}")
                break
            }
        }
        skipSpace()
        guard position == text.count else { throw fault("has something behind the end of its header") }
        guard keys == ["descr", "fortran_order", "shape"] else {
            throw fault("has a header without one of its three keys")
        }
    }

    /// A string as in `'<f4'`, or a list of fields.
    private mutating func elementType(depth: Int) throws(InspectionFault) -> ElementType {
        guard depth < 16 else { throw fault("nests types more than 16 deep") }
        guard take("[") else { return try simpleType(try string()) }
        var result = ElementType(size: 0, holdsObjects: false, text: "a structure")
        while !take("]") {
            try expect("(")
            // A field's name may come with a title.
            if take("(") {
                _ = try string()
                try expect(",")
                _ = try string()
                try expect(")")
            } else {
                _ = try string()
            }
            try expect(",")
            var field = try elementType(depth: depth + 1)
            if take(","), peek() != UInt8(ascii: ")") {
                for count in try numbers() { field.size = try Self.product(field.size, count, self) }
            }
            try expect(")")
            let (sum, overflow) = result.size.addingReportingOverflow(field.size)
            guard !overflow else { throw fault("has a type that no file can hold") }
            result.size = sum
            result.holdsObjects = result.holdsObjects || field.holdsObjects
            if !take(",") {
                try expect("]")
                break
            }
        }
        return result
    }

    private func simpleType(_ name: String) throws(InspectionFault) -> ElementType {
        var rest = name.utf8[...]
        if let order = rest.first, "<>|=".utf8.contains(order) { rest.removeFirst() }
        guard let kind = rest.popFirst() else { throw fault("has an empty type") }
        // `M8[ns]` has a unit.
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        let count = digits.isEmpty ? nil : Int(String(digits) ?? "")
        let unit = rest.dropFirst(digits.count)
        guard unit.isEmpty || (unit.first == UInt8(ascii: "[") && "mM".utf8.contains(kind)) else {
            throw fault("has the unknown type \(Printed.quoted(name))")
        }
        if kind == UInt8(ascii: "O") { return ElementType(size: 8, holdsObjects: true, text: name) }
        switch kind {
        case UInt8(ascii: "?"): return ElementType(size: 1, text: name)
        case UInt8(ascii: "b"), UInt8(ascii: "i"), UInt8(ascii: "u"), UInt8(ascii: "f"), UInt8(ascii: "c"),
            UInt8(ascii: "m"), UInt8(ascii: "M"), UInt8(ascii: "S"), UInt8(ascii: "a"), UInt8(ascii: "V"):
            guard let count else { throw fault("has the type \(Printed.quoted(name)) without a size") }
            return ElementType(size: count, text: name)
        case UInt8(ascii: "U"):
            guard let count else { throw fault("has the type \(Printed.quoted(name)) without a size") }
            return ElementType(size: try Self.product(count, 4, self), text: name)
        default: throw fault("has the unknown type \(Printed.quoted(name))")
        }
    }

    private static func product(_ left: Int, _ right: Int, _ header: NumPyHeader) throws(InspectionFault) -> Int {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        guard !overflow else { throw header.fault("has a type that no file can hold") }
        return product
    }

    private mutating func numbers() throws(InspectionFault) -> [Int] {
        try expect("(")
        var result: [Int] = []
        while !take(")") {
            guard result.count < 64 else { throw fault("has more than 64 dimensions") }
            skipSpace()
            let digits = text[position...].prefix { (0x30...0x39).contains($0) }
            guard let number = Int(String(decoding: digits, as: UTF8.self)) else {
                throw fault("has a dimension that is no number")
            }
            position += digits.count
            // Python 2 wrote `3L`.
            _ = take("L")
            result.append(number)
            if !take(",") {
                try expect(")")
                break
            }
        }
        return result
    }

    private mutating func string() throws(InspectionFault) -> String {
        skipSpace()
        guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            throw fault("has something other than a plain string in its header")
        }
        let rest = text[(position + 1)...]
        guard let end = rest.firstIndex(of: quote), !rest[..<end].contains(UInt8(ascii: "\\")) else {
            throw fault("has something other than a plain string in its header")
        }
        position = end + 1
        return String(decoding: rest[..<end], as: UTF8.self)
    }

    private mutating func expect(_ word: StaticString) throws(InspectionFault) {
        guard take(word) else { throw fault("has a header that is no plain dictionary") }
    }

    private mutating func take(_ word: StaticString) -> Bool {
        skipSpace()
        let length = word.utf8CodeUnitCount
        guard length <= text.count - position else { return false }
        let isThere = word.withUTF8Buffer { $0.elementsEqual(text[position..<(position + length)]) }
        if isThere { position += length }
        return isThere
    }

    private func peek() -> UInt8? { position < text.count ? text[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A { position += 1 }
    }

    private func fault(_ message: String) -> InspectionFault { InspectionFault(message, at: offset + position) }
}
