// SPDX-License-Identifier: Apache-2.0

/// Follows a pickle's instructions with a stack and a memo, as the machine that loads pickles would, so that what is
/// imported is known even where the names come from the memo; nothing is imported or called.
struct PickleMachine {
    /// Bytes of texts that are held, all in all.
    static let textBytes = 64 << 20

    private(set) var program: PickleProgram
    private let listed: Int
    private var stack = PickleStack()
    private var memo = PickleMemo()
    private var values = PickleValues()
    private var heldTextBytes = 0
    private var dangerous = 0
    private var hasImported = false
    private var meaning: String?

    /// Follows one pickle from `offset` to its STOP, or as far as it can be followed; that stands in the program.
    static func follow(_ bytes: WindowedBytes, at offset: Int, _ context: InspectionContext) -> PickleProgram {
        let limits = context.limits
        var machine = PickleMachine(start: offset, listed: limits.listedOperations)
        var decoder = PickleDecoder(bytes, at: offset)
        do throws(InspectionFault) {
            while !machine.program.isComplete {
                let instruction = try decoder.next()
                guard context.budget.pickleOperations > 0 else {
                    throw .bound("has more than \(limits.pickleOperations) instructions", at: instruction.offset)
                }
                context.budget.pickleOperations -= 1
                try machine.step(instruction)
            }
        } catch {
            let place = error.offset.map { " at byte \($0)" } ?? ""
            machine.program.fault = error.message + place
            machine.program.reachedBound = error.isOfBound
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
                argument: instruction.operand.printed,
                meaning: meaning
            )
        )
    }

    private mutating func run(_ instruction: PickleInstruction) throws(InspectionFault) {
        let offset = instruction.offset
        switch instruction.opcode {
        case .proto: try announce(instruction)
        case .stop:
            _ = try stack.pop(offset)
            program.isComplete = true
            if hasImported { program.acts = true }
        case .frame: break
        case .mark: try stack.mark(offset)
        case .pop: try stack.popValueOrMark(offset)
        case .popMark: _ = try stack.popItems(offset)
        case .dup: try stack.push(try stack.top(offset), offset)
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

// MARK: - Imports and calls

extension PickleMachine {
    private mutating func runImport(_ instruction: PickleInstruction) throws(InspectionFault) {
        switch (instruction.opcode, instruction.operand) {
        case (.global, .names(let module, let name)):
            try stack.push(add(import: Self.text(module), Self.text(name), instruction.offset), instruction.offset)
        case (.inst, .names(let module, let name)):
            // Python's own unpickler, unlike the one in C, imports before it looks for the mark.
            let callee = add(import: Self.text(module), Self.text(name), instruction.offset)
            let arguments = try stack.popItems(instruction.offset)
            let list = values.tuple(arguments)
            try stack.push(call(callee, list, suffix: "", instruction.offset), instruction.offset)
        case (.stackGlobal, _):
            let name = try stack.pop(instruction.offset)
            let module = try stack.pop(instruction.offset)
            try stack.push(add(import: Self.name(module), Self.name(name), instruction.offset), instruction.offset)
        default:
            // A number of copyreg's registry stands for an import that only the running program knows.
            try stack.push(add(import: "copyreg", "extension", instruction.offset), instruction.offset)
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
        hasImported = hasImported || PickleImports.mayBe(module: module, name: name)
        let (module, name) = (Printed.cut(module, limit: 120), Printed.cut(name, limit: 120))
        meaning = "imports \(module).\(name)" + (danger.map { ", which \($0)" } ?? "")
        if program.imports.count < PickleProgram.importLimit || (danger != nil && isRoomForDanger()) {
            program.imports.append(.init(module: module, name: name, offset: offset - program.start, danger: danger))
        }
        return .global(module: module, name: name, isDangerous: danger != nil)
    }

    /// Items are put into anything that has a method for it, and an import has whatever its module gives it.
    private mutating func use(_ object: PickleValue) {
        switch object {
        case .global, .result: if hasImported { program.acts = true }
        default: break
        }
    }

    private mutating func runCall(_ instruction: PickleInstruction) throws(InspectionFault) {
        let offset = instruction.offset
        switch instruction.opcode {
        case .reduce:
            let arguments = try stack.pop(offset)
            let callee = try stack.top(offset)
            guard arguments.mayBeTuple, callee.mayBeCalled else {
                throw InspectionFault("calls something that cannot be called", at: offset)
            }
            stack.replaceTop(call(callee, arguments, suffix: "", offset))
        case .newObj:
            let arguments = try stack.pop(offset)
            stack.replaceTop(call(try stack.top(offset), arguments, suffix: ".__new__", offset))
        case .newObjEx:
            _ = try stack.pop(offset)
            let arguments = try stack.pop(offset)
            stack.replaceTop(call(try stack.top(offset), arguments, suffix: ".__new__", offset))
        case .obj:
            let items = try stack.popItems(offset)
            guard let callee = items.first else { throw PickleStack.underflow(offset) }
            let arguments = values.tuple(Array(items.dropFirst()))
            try stack.push(call(callee, arguments, suffix: "", offset), offset)
        default:
            let state = try stack.pop(offset)
            let object = try stack.top(offset)
            use(object)
            meaning = "sets the state of \(values.text(object)) to \(values.text(state))"
        }
    }

    private mutating func call(
        _ callee: PickleValue,
        _ arguments: PickleValue,
        suffix: String,
        _ offset: Int
    ) -> PickleValue {
        if hasImported { program.acts = true }
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
            try stack.push(value, offset)
        }
    }

    private mutating func memoize(_ index: Int?, _ offset: Int) throws(InspectionFault) {
        let value = try stack.top(offset)
        if let index, index < 0 { throw InspectionFault("has a place in its memo below 0", at: offset) }
        guard memo.put(value, at: index) else {
            throw .bound("keeps more than \(PickleMemo.limit) values in its memo", at: offset)
        }
    }

    private static func index(_ instruction: PickleInstruction) throws(InspectionFault) -> Int? {
        switch instruction.operand {
        case .number(let number): return number
        case .text(let text, let isWhole):
            return try PickleNumber.index(text, isWhole: isWhole, instruction.offset)
        default: return nil
        }
    }
}

// MARK: - Plain values

extension PickleMachine {
    private mutating func runValue(_ instruction: PickleInstruction) throws(InspectionFault) {
        let offset = instruction.offset
        switch instruction.opcode {
        case .append:
            let item = try stack.pop(offset)
            use(try stack.top(offset))
            values.append([item], to: try stack.top(offset))
        case .appends:
            let items = try stack.popItems(offset)
            use(try stack.top(offset))
            values.append(items, to: try stack.top(offset))
        case .setItem:
            _ = try stack.pop(offset)
            _ = try stack.pop(offset)
            use(try stack.top(offset))
        case .setItems, .addItems:
            _ = try stack.popItems(offset)
            use(try stack.top(offset))
        case .tuple: try stack.push(values.tuple(try stack.popItems(offset)), offset)
        case .list: try stack.push(values.list(try stack.popItems(offset)), offset)
        case .tuple1, .tuple2, .tuple3:
            let count = Int(instruction.opcode.rawValue) - Int(PickleOpcode.tuple1.rawValue) + 1
            try stack.push(values.tuple(try stack.popItems(count, offset)), offset)
        case .dict, .frozenSet:
            _ = try stack.popItems(offset)
            try stack.push(.other(instruction.opcode == .dict ? "dict" : "frozenset"), offset)
        case .binPersID: stack.replaceTop(try persistent(offset))
        case .readOnlyBuffer: _ = try stack.top(offset)
        default: try stack.push(try plain(instruction), offset)
        }
    }

    private func persistent(_ offset: Int) throws(InspectionFault) -> PickleValue {
        _ = try stack.top(offset)
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
        case (.int, .text(let text, let isWhole)), (.long, .text(let text, let isWhole)):
            return try PickleNumber.int(text, isWhole: isWhole, instruction.offset)
        case (.float, .text(let text, let isWhole)):
            return try PickleNumber.float(text, isWhole: isWhole, instruction.offset)
        case (.string, .text(let text, let isWhole)):
            guard let text = PickleText.quoted(text, isWhole: isWhole) else {
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

    private mutating func held(_ bytes: [UInt8], isWhole: Bool) -> PickleValue {
        heldTextBytes += bytes.count
        guard heldTextBytes <= Self.textBytes else { return .other("text") }
        return .text(String(decoding: bytes, as: UTF8.self), isWhole: isWhole)
    }
}
