// SPDX-License-Identifier: Apache-2.0

/// A value on the stack of pickle's machine, as far as it has to be known to tell what is imported and called.
enum PickleValue {
    case none
    case bool(Bool)
    case int(Int)
    /// The beginning, and whether that is all.
    case text(String, isWhole: Bool)
    /// How many.
    case bytes(Int)
    case global(module: String, name: String, isDangerous: Bool)
    /// An index into ``PickleValues``; values never hold values, so none nests without end.
    case tuple(Int)
    case list(Int)
    case emptyTuple
    /// What a call gives: an index into the calls' texts.
    case result(Int)
    /// Of a kind that says nothing more: `dict`, `float`.
    case other(StaticString)

    /// Whether a machine could take it for a tuple of arguments.
    var mayBeTuple: Bool {
        switch self {
        case .tuple, .emptyTuple, .result, .other: true
        default: false
        }
    }

    /// Whether a machine could call it.
    var mayBeCalled: Bool {
        switch self {
        case .global, .result, .other: true
        default: false
        }
    }
}

/// What tuples and lists hold, within bounds: beyond them a value is known by its kind only.
struct PickleValues {
    static let limit = 65_536
    static let itemLimit = 16
    static let textLimit = 240

    private var items: [[PickleValue]] = []
    private var counts: [Int] = []
    private var results: [(text: String, isDangerous: Bool)] = []

    mutating func tuple(_ values: [PickleValue]) -> PickleValue {
        if values.isEmpty { return .emptyTuple }
        return add(values).map(PickleValue.tuple) ?? .other("tuple")
    }

    mutating func list(_ values: [PickleValue]) -> PickleValue {
        add(values).map(PickleValue.list) ?? .other("list")
    }

    mutating func append(_ values: [PickleValue], to list: PickleValue) {
        guard case .list(let index) = list else { return }
        counts[index] += values.count
        if items[index].count < Self.itemLimit {
            items[index] += values.prefix(Self.itemLimit - items[index].count)
        }
    }

    mutating func result(_ text: String, isDangerous: Bool) -> PickleValue {
        guard results.count < Self.limit else { return .other("result") }
        results.append((text, isDangerous))
        return .result(results.count - 1)
    }

    private mutating func add(_ values: [PickleValue]) -> Int? {
        guard items.count < Self.limit else { return nil }
        items.append(Array(values.prefix(Self.itemLimit)))
        counts.append(values.count)
        return items.count - 1
    }

    func isDangerous(_ value: PickleValue) -> Bool {
        switch value {
        case .global(_, _, let isDangerous): isDangerous
        case .result(let index): results[index].isDangerous
        default: false
        }
    }

    /// As Python would write it, cut short.
    func text(_ value: PickleValue) -> String {
        var result = ""
        write(value, to: &result, depth: 0)
        return Printed.cut(result, limit: Self.textLimit)
    }

    private func write(_ value: PickleValue, to text: inout String, depth: Int) {
        guard depth < 6, text.utf8.count < 4 * Self.textLimit else {
            text += "…"
            return
        }
        switch value {
        case .none: text += "None"
        case .bool(let bool): text += bool ? "True" : "False"
        case .int(let int): text += String(int)
        case .text(let string, let isWhole): text += isWhole ? "'\(string)'" : "'\(string)…'"
        case .bytes(let count): text += "<\(count) bytes>"
        case .global(let module, let name, _): text += "\(module).\(name)"
        case .emptyTuple: text += "()"
        case .tuple(let index): write(index, "(", ")", to: &text, depth: depth)
        case .list(let index): write(index, "[", "]", to: &text, depth: depth)
        case .result(let index): text += results[index].text
        case .other(let kind): text += "<\(kind)>"
        }
    }

    private func write(_ index: Int, _ open: String, _ close: String, to text: inout String, depth: Int) {
        text += open
        for (position, item) in items[index].enumerated() {
            if position > 0 { text += ", " }
            write(item, to: &text, depth: depth + 1)
        }
        if counts[index] > items[index].count { text += ", …" }
        if open == "(", counts[index] == 1 { text += "," }
        text += close
    }
}
