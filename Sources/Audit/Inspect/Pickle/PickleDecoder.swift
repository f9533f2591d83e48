// SPDX-License-Identifier: Apache-2.0

/// One instruction of a pickle, with what follows it.
struct PickleInstruction {
    enum Operand {
        case none
        case number(Int)
        /// The beginning of a text, and whether that is all of it.
        case text([UInt8], isWhole: Bool)
        case names(module: [UInt8], name: [UInt8])
        /// Content that was passed over, or of which only the beginning was read.
        case content([UInt8], count: Int)
    }

    var opcode: PickleOpcode
    var operand: Operand
    /// Of the instruction's own byte.
    var offset: Int
    /// Of the byte behind it and all that belongs to it.
    var end: Int
}

extension PickleInstruction.Operand {
    /// Cut short.
    var printed: String {
        switch self {
        case .none: ""
        case .number(let number): String(number)
        case .text(let text, _): Self.printed(text)
        case .names(let module, let name): "'\(Self.printed(module)) \(Self.printed(name))'"
        case .content(let bytes, let count):
            String(validating: bytes.prefix(80), as: UTF8.self).map { Printed.quoted($0) } ?? "<\(count) bytes>"
        }
    }

    private static func printed(_ text: [UInt8]) -> String {
        Printed.cut(String(decoding: text, as: UTF8.self), limit: 120)
    }
}

/// Takes a pickle apart into instructions, without building anything.
struct PickleDecoder {
    /// Bytes of a text or of content that are read; the rest is passed over.
    static let textLimit = 512
    /// A line in a pickle is a name, a number or a text.
    static let lineLimit = 16 << 20

    let bytes: WindowedBytes
    private(set) var position: Int

    init(_ bytes: WindowedBytes, at offset: Int) {
        self.bytes = bytes
        position = offset
    }

    mutating func next() throws(InspectionFault) -> PickleInstruction {
        let offset = position
        guard offset < bytes.count else { throw InspectionFault("ends without a STOP", at: offset) }
        let byte = try bytes.byte(at: offset)
        guard let opcode = PickleOpcode(rawValue: byte) else {
            throw InspectionFault("has the unknown instruction 0x\(String(byte, radix: 16))", at: offset)
        }
        position += 1
        let operand = try self.operand(opcode.argument)
        return PickleInstruction(opcode: opcode, operand: operand, offset: offset, end: position)
    }

    private mutating func operand(_ argument: PickleOpcode.Argument) throws(InspectionFault)
        -> PickleInstruction.Operand
    {
        switch argument {
        case .none: return .none
        case .line:
            let (text, isWhole) = try line()
            return .text(text, isWhole: isWhole)
        case .twoLines:
            let module = try line().0
            return .names(module: module, name: try line().0)
        case .number(let width):
            let number = try bytes.little(at: position, bytes: width)
            position += width
            return .number(Int(truncatingIfNeeded: number))
        case .fixed(let width): return try content(count: UInt64(width))
        case .counted(let width):
            let count = try bytes.little(at: position, bytes: width)
            position += width
            return try content(count: count)
        }
    }

    private mutating func content(count: UInt64) throws(InspectionFault) -> PickleInstruction.Operand {
        guard let count = Int(exactly: count), count <= bytes.count - position else {
            throw InspectionFault("has a string that reaches beyond its end", at: position)
        }
        let beginning = try bytes.bytes(at: position, count: min(count, Self.textLimit))
        position += count
        return .content(beginning, count: count)
    }

    private mutating func line() throws(InspectionFault) -> ([UInt8], Bool) {
        var text: [UInt8] = []
        let start = position
        while position < bytes.count {
            let byte = try bytes.byte(at: position)
            position += 1
            if byte == UInt8(ascii: "\n") { return (text, position - start - 1 == text.count) }
            if text.count < Self.textLimit { text.append(byte) }
            guard position - start <= Self.lineLimit else {
                throw .bound("has a line without an end", at: start)
            }
        }
        throw InspectionFault("has a line without an end", at: start)
    }
}
