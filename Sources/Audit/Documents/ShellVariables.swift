// SPDX-License-Identifier: Apache-2.0

/// What variables hold, as far as it is known: literal texts, and these put together. Values are texts when they are
/// set, so that none refers to another.
struct ShellVariables {
    private var values: [String: [String]] = [:]
    /// Bytes of all values: see ``size(of:)``.
    private var size = 0

    static let countLimit = 1024
    static let sizeLimit = 64 << 10
    /// Bytes of a value that others were put into: with each line it could double.
    static let lengthLimit = 4096
    /// Levels of `${a:-${b:-…}}`.
    private static let depthLimit = 8

    /// An array's elements, or one text.
    subscript(name: String) -> [String]? { values[name] }

    /// `nil` forgets what the name held.
    /// - Returns: whether there was room for it; if not, the value is unknown.
    @discardableResult
    mutating func set(_ name: String, _ value: [String]?) -> Bool {
        if let old = values.removeValue(forKey: name) { size -= Self.size(of: old) }
        guard let value else { return true }
        let added = Self.size(of: value)
        guard values.count < Self.countLimit, size + added <= Self.sizeLimit else { return false }
        values[name] = value
        size += added
        return true
    }

    /// Elements cost something also where they are empty.
    private static func size(of value: [String]) -> Int { value.reduce(0) { $0 + $1.utf8.count + 32 } }

    /// The words that a word becomes.
    /// - Parameters:
    ///   - parts: whether values outside of quotes are parted at blanks, as a shell does.
    ///   - room: bytes that may yet be put in; what has none stays as it is written, and is marked.
    func words(_ word: ShellWord, parts: Bool = true, room: inout Int) -> [ShellWord] {
        guard !word.expansions.isEmpty else { return [word] }
        let filled = fill(word, parts: parts, depth: 0, room: &room)
        guard room <= 0 else { return filled }
        var cut = word
        cut.isCut = true
        return [cut]
    }

    /// - Parameter commands: what is put in for `$(…)`, if anything is.
    private func fill(
        _ word: ShellWord,
        parts: Bool,
        depth: Int,
        commands: String? = nil,
        room: inout Int
    ) -> [ShellWord] {
        var filling = ShellFilling(word)
        for expansion in word.expansions {
            filling.takeText(to: expansion.range.lowerBound)
            let known =
                expansion.isCommand
                ? (expansion.printed ?? commands).map { [$0] } : value(of: expansion, depth: depth, room: &room)
            if let value = known {
                room -= Self.size(of: value)
                filling.take(value, of: expansion, parts: parts && !expansion.isQuoted)
            } else {
                filling.takeOpen(expansion)
            }
        }
        return filling.finished()
    }

    /// The text that a word becomes where nothing parts it.
    func text(_ word: ShellWord, room: inout Int) -> ShellWord {
        var words = words(word, parts: false, room: &room)
        guard var first = words.first else {
            var empty = word
            (empty.text, empty.isExpanded, empty.expansions) = ("", false, [])
            return empty
        }
        words.removeFirst()
        first.text = ([first.text] + words.map(\.text)).joined(separator: " ")
        return first
    }

    /// What stands in a value for what a command prints.
    static let unknown = "$()"

    /// The text that a variable gets: commands within it are not known, and would be parted.
    /// - Returns: `nil` if that is too long.
    func stored(_ word: ShellWord, room: inout Int) -> String? {
        guard !word.expansions.isEmpty else { return word.text }
        let words = fill(word, parts: false, depth: 0, commands: Self.unknown, room: &room)
        let text = words.map(\.text).joined(separator: " ")
        return text.utf8.count <= Self.lengthLimit && room > 0 ? text : nil
    }

    /// `nil` if it is unknown.
    private func value(of expansion: ShellExpansion, depth: Int, room: inout Int) -> [String]? {
        guard room > 0, depth < Self.depthLimit else { return nil }
        var modifier = Substring(expansion.modifier)
        var value = self.value(expansion.name, index: Self.index(&modifier))
        if modifier.isEmpty { return value }
        let needsText = modifier.first == ":"
        if needsText { modifier = modifier.dropFirst() }
        let isSet = value.map { !needsText || !$0.allSatisfy(\.isEmpty) }
        let other = modifier.dropFirst()
        switch modifier.first {
        case "-", "=":
            if isSet == true { return value }
            // What comes from the surroundings is a secret that is not written here.
            guard value != nil || !SecretShapes.isSecretName(expansion.name) else { return nil }
            value = words(other, depth: depth + 1, room: &room)
        case "+": value = isSet.map { $0 ? words(other, depth: depth + 1, room: &room) : [] }
        case "?": break
        default: return nil
        }
        guard expansion.isQuoted, let known = value, known.count > 1, !other.contains("[@]") else { return value }
        return [known.joined(separator: " ")]
    }

    /// Words of a modifier.
    private func words(_ text: Substring, depth: Int, room: inout Int) -> [String] {
        guard text.utf8.contains(where: { "$'\"\\".utf8.contains($0) }) else { return [String(text)] }
        var source = SourceText(file: "")
        source.append(text.unicodeScalars, line: 0, column: 0)
        return ShellReader.words(source).flatMap { word in
            fill(word, parts: false, depth: depth, room: &room).map(\.text)
        }
    }

    private enum Index {
        case all
        case one(Int)
    }

    /// Takes `[@]` or `[2]` off.
    private static func index(_ modifier: inout Substring) -> Index {
        guard modifier.first == "[", let close = modifier.firstIndex(of: "]") else { return .one(0) }
        let index = modifier[..<close].dropFirst()
        modifier = modifier[modifier.index(after: close)...]
        return index == "@" || index == "*" ? .all : .one(Int(index) ?? 0)
    }

    private func value(_ name: String, index: Index) -> [String]? {
        if name == "@" || name == "*" { return values["@"] }
        if let number = Int(name) {
            guard let given = values["@"], number > 0 else { return nil }
            return number <= given.count ? [given[number - 1]] : []
        }
        guard let value = values[name] else { return nil }
        switch index {
        case .all: return value
        case .one(let index): return value.indices.contains(index) ? [value[index]] : []
        }
    }
}

/// Fills a word's variables in, and parts it.
private struct ShellFilling {
    private let word: ShellWord
    /// Bytes of the word that are done.
    private var offset = 0
    private var done: [ShellWord] = []
    private var current = ""
    private var isStarted = false
    private var expansions: [ShellExpansion] = []
    private var resolved: [String] = []

    init(_ word: ShellWord) { self.word = word }

    mutating func takeText(to end: Int) {
        guard end > offset else { return }
        current += String(Substring(word.text.utf8.prefix(end).dropFirst(offset)))
        isStarted = true
        offset = end
    }

    /// What is unknown stays as it is written.
    mutating func takeOpen(_ expansion: ShellExpansion) {
        let start = current.utf8.count
        takeText(to: expansion.range.upperBound)
        expansions.append(expansion.moved(by: start - expansion.range.lowerBound))
    }

    mutating func take(_ value: [String], of expansion: ShellExpansion, parts: Bool) {
        offset = max(offset, expansion.range.upperBound)
        resolved.append(expansion.name)
        if expansion.isQuoted, !value.isEmpty { isStarted = true }
        for (index, text) in value.enumerated() {
            if index > 0 { finish() }
            if parts {
                take(parting: text)
            } else {
                current += text
                isStarted = isStarted || !text.isEmpty || index > 0
            }
        }
    }

    private mutating func take(parting text: String) {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A }
        if let first = text.utf8.first, isBlank(first) { finish() }
        for (index, part) in text.utf8.split(whereSeparator: isBlank).enumerated() {
            if index > 0 { finish() }
            current += String(Substring(part))
            isStarted = true
        }
        if let last = text.utf8.last, isBlank(last) { finish() }
    }

    private mutating func finish() {
        guard isStarted else { return }
        var part = word
        part.text = current
        part.expansions = expansions
        part.resolved = word.resolved + resolved
        part.isExpanded = current.utf8.contains { $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "`") } || part.isPiped
        // The commands in a word are read once.
        if !done.isEmpty { (part.inner, part.isCut) = ([], false) }
        done.append(part)
        (current, isStarted, expansions) = ("", false, [])
    }

    mutating func finished() -> [ShellWord] {
        takeText(to: word.text.utf8.count)
        finish()
        return done
    }
}

extension ShellWord {
    /// `<(command)` and `>(command)`
    fileprivate var isPiped: Bool { text.hasPrefix("<(") || text.hasPrefix(">(") }
}
