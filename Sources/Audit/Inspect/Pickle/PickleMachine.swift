// SPDX-License-Identifier: Apache-2.0

/// Follows a pickle's instructions with a stack and a memo, as the machine that loads pickles would, so that what is
/// imported is known even where the names come from the memo; nothing is imported or called.
struct PickleMachine {
    /// Writers of pickles put a long list on the stack a thousand items at a time.
    static let stackLimit = 1 << 17
    static let memoLimit = 1 << 20
    /// Bytes of texts that are held, all in all.
    static let textBytes = 64 << 20

    private(set) var program: PickleProgram
    private let listed: Int
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private var values = PickleValues()
    private var heldTextBytes = 0
    private var dangerous = 0
    private var meaning: String?

    /// Follows one pickle from `offset` to its STOP, or as far as it can be followed; that stands in the program.
    static func follow(_ bytes: WindowedBytes, at offset: Int, limits: InspectionLimits) -> PickleProgram {
        var machine = PickleMachine(start: offset, listed: limits.listedOperations)
        var decoder = PickleDecoder(bytes, at: offset)
        do throws(InspectionFault) {
            while !machine.program.isComplete {
                let instruction = try decoder.next()
                guard machine.program.operationCount < limits.pickleOperations else {
                    machine.program.reachedBound = true
                    throw InspectionFault(
                        "has more than \(limits.pickleOperations) instructions",
                        at: instruction.offset
                    )
                }
                try machine.step(instruction)
            }
        } catch {
            let place = error.offset.map { " at byte \($0)" } ?? ""
            machine.program.fault = error.message + place
            if decoder.reachedBound { machine.program.reachedBound = true }
        }
        return machine.program
    }

    private init(start: Int, listed: Int) {
        program = PickleProgram(start: start)
        self.listed = listed
    }

    private mutating func step(_ instruction: PickleInstruction) throws(InspectionFault) {
        meaning = nil
        try run(instruction)
        program.operationCount += 1
        program.end = instruction.end
        guard program.lines.count < listed else { return }
        program.lines.append(
            .init(
                offset: instruction.offset,
                name: instruction.opcode.name,
                argument: Self.print(instruction.operand),
                meaning: meaning
            )
        )
    }

    private mutating func run(_ instruction: PickleInstruction) throws(InspectionFault) {
        let offset = instruction.offset
        switch instruction.opcode {
        case .proto: try announce(instruction)
        case .stop:
            _ = try pop(offset)
            program.isComplete = true
        case .frame: break
        case .mark:
            guard marks.count < Self.stackLimit else { throw InspectionFault("nests too many marks", at: offset) }
            marks.append(stack.count)
        case .pop: if stack.count > (marks.last ?? 0) { stack.removeLast() } else { try popMark(offset) }
        case .popMark: _ = try popItems(offset)
        case .dup: try push(try top(offset), offset)
        case .global, .inst, .stackGlobal, .ext1, .ext2, .ext4: try runImport(instruction)
        case .reduce, .newObj, .newObjEx, .obj, .build: try runCall(instruction)
        case .put, .binPut, .longBinPut, .memoize, .get, .binGet, .longBinGet: try runMemo(instruction)
        default: try runValue(instruction)
        }
    }

    private mutating func announce(_ instruction: PickleInstruction) throws(InspectionFault) {
        guard case .number(let version) = instruction.operand, version <= 5 else {
            throw InspectionFault("announces an unknown protocol", at: instruction.offset)
        }
        program.protocolVersion = max(program.protocolVersion, version)
    }
}

// MARK: - The stack

extension PickleMachine {
    private mutating func push(_ value: PickleValue, _ offset: Int) throws(InspectionFault) {
        guard stack.count < Self.stackLimit else {
            throw InspectionFault("puts more than \(Self.stackLimit) values on its stack", at: offset)
        }
        stack.append(value)
    }

    private mutating func pop(_ offset: Int) throws(InspectionFault) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.popLast() else { throw Self.underflow(offset) }
        return value
    }

    private func top(_ offset: Int) throws(InspectionFault) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.last else { throw Self.underflow(offset) }
        return value
    }

    private mutating func replaceTop(_ value: PickleValue) {
        if !stack.isEmpty { stack[stack.count - 1] = value }
    }

    private mutating func popMark(_ offset: Int) throws(InspectionFault) {
        guard marks.popLast() != nil else { throw Self.underflow(offset) }
    }

    /// Everything above the last mark.
    private mutating func popItems(_ offset: Int) throws(InspectionFault) -> [PickleValue] {
        guard let mark = marks.popLast(), mark <= stack.count else { throw Self.underflow(offset) }
        return popLast(stack.count - mark)
    }

    /// A copy: a slice would make the stack copy itself when it changes.
    private mutating func popLast(_ count: Int) -> [PickleValue] {
        let items = Array(stack.suffix(count))
        stack.removeLast(items.count)
        return items
    }

    private static func underflow(_ offset: Int) -> InspectionFault {
        InspectionFault("takes more from its stack than there is", at: offset)
    }

    private mutating func held(_ bytes: [UInt8], isWhole: Bool) -> PickleValue {
        heldTextBytes += bytes.count
        guard heldTextBytes <= Self.textBytes else { return .other("text") }
        return .text(String(decoding: bytes, as: UTF8.self), isWhole: isWhole)
    }
}

// MARK: - Imports and calls

extension PickleMachine {
    private mutating func runImport(_ instruction: PickleInstruction) throws(InspectionFault) {
        switch (instruction.opcode, instruction.operand) {
        case (.global, .names(let module, let name)):
            try push(add(import: Self.text(module), Self.text(name), instruction.offset), instruction.offset)
        case (.inst, .names(let module, let name)):
            let arguments = try popItems(instruction.offset)
            let callee = add(import: Self.text(module), Self.text(name), instruction.offset)
            let list = values.tuple(arguments)
            try push(call(callee, list, suffix: "", instruction.offset), instruction.offset)
        case (.stackGlobal, _):
            let name = try pop(instruction.offset)
            let module = try pop(instruction.offset)
            try push(add(import: Self.name(module), Self.name(name), instruction.offset), instruction.offset)
        default:
            // A number of copyreg's registry stands for an import that only the running program knows.
            try push(add(import: "copyreg", "extension", instruction.offset), instruction.offset)
        }
    }

    /// What harmless imports and calls fill up is left open for some that are not.
    private mutating func isRoomForDanger() -> Bool {
        dangerous += 1
        return dangerous <= PickleProgram.dangerLimit
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func name(_ value: PickleValue) -> String {
        if case .text(let text, true) = value { return text }
        return "?"
    }

    private mutating func add(import module: String, _ name: String, _ offset: Int) -> PickleValue {
        let danger = PickleDangers.danger(module: module, name: name)
        let (module, name) = (Printed.cut(module, limit: 120), Printed.cut(name, limit: 120))
        meaning = "imports \(module).\(name)" + (danger.map { ", which \($0)" } ?? "")
        if program.imports.count < PickleProgram.importLimit || (danger != nil && isRoomForDanger()) {
            program.imports.append(.init(module: module, name: name, offset: offset - program.start, danger: danger))
        }
        return .global(module: module, name: name, isDangerous: danger != nil)
    }

    private mutating func runCall(_ instruction: PickleInstruction) throws(InspectionFault) {
        let offset = instruction.offset
        switch instruction.opcode {
        case .reduce:
            let arguments = try pop(offset)
            let callee = try top(offset)
            guard arguments.mayBeTuple, callee.mayBeCalled else {
                throw InspectionFault("calls something that cannot be called", at: offset)
            }
            replaceTop(call(callee, arguments, suffix: "", offset))
        case .newObj:
            let arguments = try pop(offset)
            replaceTop(call(try top(offset), arguments, suffix: ".__new__", offset))
        case .newObjEx:
            _ = try pop(offset)
            let arguments = try pop(offset)
            replaceTop(call(try top(offset), arguments, suffix: ".__new__", offset))
        case .obj:
            let items = try popItems(offset)
            guard let callee = items.first else { throw Self.underflow(offset) }
            let arguments = values.tuple(Array(items.dropFirst()))
            try push(call(callee, arguments, suffix: "", offset), offset)
        default:
            let state = try pop(offset)
            let object = try top(offset)
            meaning = "sets the state of \(values.text(object)) to \(values.text(state))"
        }
    }

    private mutating func call(
        _ callee: PickleValue,
        _ arguments: PickleValue,
        suffix: String,
        _ offset: Int
    ) -> PickleValue {
        let isDangerous = values.isDangerous(callee)
        let isKept = program.calls.count < PickleProgram.callLimit || (isDangerous && isRoomForDanger())
        guard isKept || program.lines.count < listed else { return .other("result") }
        var list = values.text(arguments)
        if !list.hasPrefix("(") { list = "(*\(list))" }
        // One argument is a tuple with a comma, but no call is written so.
        if list.hasSuffix(",)") { list = list.dropLast(2) + ")" }
        let text = Printed.cut(values.text(callee) + suffix + list, limit: PickleValues.textLimit)
        meaning = "calls \(text)"
        if isKept {
            program.calls.append(.init(text: text, offset: offset - program.start, isDangerous: isDangerous))
        }
        return values.result(text, isDangerous: isDangerous)
    }
}

// MARK: - The memo

extension PickleMachine {
    private mutating func runMemo(_ instruction: PickleInstruction) throws(InspectionFault) {
        let offset = instruction.offset
        switch instruction.opcode {
        case .memoize: try memoize(memo.count, offset)
        case .put, .binPut, .longBinPut: try memoize(try Self.index(instruction), offset)
        default:
            guard let value = memo[try Self.index(instruction)] else {
                throw InspectionFault("takes something from its memo that is not there", at: offset)
            }
            try push(value, offset)
        }
    }

    private mutating func memoize(_ index: Int, _ offset: Int) throws(InspectionFault) {
        let value = try top(offset)
        guard memo.count < Self.memoLimit || memo[index] != nil else {
            throw InspectionFault("keeps more than \(Self.memoLimit) values in its memo", at: offset)
        }
        memo[index] = value
    }

    private static func index(_ instruction: PickleInstruction) throws(InspectionFault) -> Int {
        switch instruction.operand {
        case .number(let number): return number
        case .text(let text, true):
            let digits = String(decoding: text, as: UTF8.self).filter { !$0.isWhitespace && $0 != "_" }
            if let index = Int(digits), index >= 0 { return index }
        default: break
        }
        throw InspectionFault("has a place in its memo that is no number", at: instruction.offset)
    }
}

// MARK: - Plain values

extension PickleMachine {
    private mutating func runValue(_ instruction: PickleInstruction) throws(InspectionFault) {
        let offset = instruction.offset
        switch instruction.opcode {
        case .append:
            let item = try pop(offset)
            values.append([item], to: try top(offset))
        case .appends:
            let items = try popItems(offset)
            values.append(items, to: try top(offset))
        case .setItem:
            _ = try pop(offset)
            _ = try pop(offset)
            _ = try top(offset)
        case .setItems, .addItems:
            _ = try popItems(offset)
            _ = try top(offset)
        case .tuple: try push(values.tuple(try popItems(offset)), offset)
        case .list: try push(values.list(try popItems(offset)), offset)
        case .tuple1, .tuple2, .tuple3:
            let count = Int(instruction.opcode.rawValue) - Int(PickleOpcode.tuple1.rawValue) + 1
            guard stack.count - (marks.last ?? 0) >= count else { throw Self.underflow(offset) }
            try push(values.tuple(popLast(count)), offset)
        case .dict, .frozenSet:
            _ = try popItems(offset)
            try push(.other(instruction.opcode == .dict ? "dict" : "frozenset"), offset)
        case .binPersID: replaceTop(try persistent(offset))
        case .readOnlyBuffer: _ = try top(offset)
        default: try push(try plain(instruction), offset)
        }
    }

    private func persistent(_ offset: Int) throws(InspectionFault) -> PickleValue {
        _ = try top(offset)
        return .other("persistent object")
    }

    private mutating func plain(_ instruction: PickleInstruction) throws(InspectionFault) -> PickleValue {
        switch (instruction.opcode, instruction.operand) {
        case (.none, _): return .none
        case (.newTrue, _): return .bool(true)
        case (.newFalse, _): return .bool(false)
        case (.binInt, .number(let number)): return .int(Int(Int32(truncatingIfNeeded: number)))
        case (_, .number(let number)): return .int(number)
        case (.emptyTuple, _): return .emptyTuple
        case (.emptyList, _): return values.list([])
        case (.emptyDict, _): return .other("dict")
        case (.emptySet, _): return .other("set")
        case (.int, .text(let text, _)), (.long, .text(let text, _)):
            return try PickleText.int(text, instruction.offset)
        case (.float, .text(let text, _)): return try PickleText.float(text, instruction.offset)
        case (.string, .text(let text, let isWhole)):
            guard let text = PickleText.quoted(text) else {
                throw InspectionFault("has a string without quotes", at: instruction.offset)
            }
            return held(text, isWhole: isWhole)
        case (.unicode, .text(let text, let isWhole)): return held(PickleText.rawUnicode(text), isWhole: isWhole)
        case (.persID, _): return .other("persistent object")
        case (.binBytes, .content(_, let count)), (.shortBinBytes, .content(_, let count)),
            (.binBytes8, .content(_, let count)), (.byteArray8, .content(_, let count)):
            return .bytes(count)
        case (.long1, _), (.long4, _): return .other("int")
        case (_, .content(let text, let count)):
            return instruction.opcode == .binFloat ? .other("float") : held(text, isWhole: text.count == count)
        default: return .other("buffer")
        }
    }

    private static func print(_ operand: PickleInstruction.Operand) -> String {
        switch operand {
        case .none: ""
        case .number(let number): String(number)
        case .text(let text, _): Printed.cut(String(decoding: text, as: UTF8.self), limit: 120)
        case .names(let module, let name):
            "'\(Printed.cut(Self.text(module), limit: 120)) \(Printed.cut(Self.text(name), limit: 120))'"
        case .content(let bytes, let count):
            String(validating: bytes.prefix(80), as: UTF8.self).map { Printed.quoted($0) } ?? "<\(count) bytes>"
        }
    }
}
