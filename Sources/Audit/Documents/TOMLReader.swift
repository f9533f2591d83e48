// SPDX-License-Identifier: Apache-2.0

/// Reads TOML 1.0 into a ``DataNode`` within ``AuditLimits``, in one pass.
///
/// A string has its value for its text; a table stands where its header does, all else where it is written.
///
/// Source: https://toml.io/en/v1.0.0
struct TOMLReader {
    private let limits: AuditLimits
    private var scanner: TOMLScanner
    private var tables: TOMLTables
    /// The table that keys are put into.
    private var section = TOMLTables.root

    static func read(_ text: String, file: String, limits: AuditLimits) throws(Unreadable) -> DataNode {
        guard text.utf8.count <= limits.textBytes else {
            throw Unreadable(Place(file), "the file has \(text.utf8.count) bytes, more than \(limits.textBytes)")
        }
        var reader = TOMLReader(text, file: file, limits: limits)
        try reader.statements()
        return reader.tables.node
    }

    private init(_ text: String, file: String, limits: AuditLimits) {
        self.limits = limits
        scanner = TOMLScanner(text, file: file)
        tables = TOMLTables(place: scanner.place, limits: limits)
    }

    // MARK: Statements

    private mutating func statements() throws(Unreadable) {
        try scanner.skipLines()
        while let byte = scanner.current {
            if byte == UInt8(ascii: "[") {
                try header()
                try scanner.finishLine(after: "the name of a table")
            } else {
                try pair(in: section)
                try scanner.finishLine(after: "a value")
            }
            try scanner.skipLines()
        }
    }

    /// `[name]` or `[[name]]`.
    private mutating func header() throws(Unreadable) {
        let place = scanner.place
        let brackets = scanner.run(of: UInt8(ascii: "["), upTo: 2)
        scanner.advance(by: brackets)
        let name = try name(depth: 0)
        guard scanner.run(of: UInt8(ascii: "]"), upTo: brackets) == brackets else {
            throw scanner.error("the name of a table ends with \(brackets == 2 ? "']]'" : "']'"), not \(scanner.found)")
        }
        scanner.advance(by: brackets)
        section = brackets == 2 ? try tables.append(name, at: place) : try tables.define(name, at: place)
    }

    /// `name = value`.
    private mutating func pair(in table: Int) throws(Unreadable) {
        let name = try name(depth: tables.depth(of: table))
        guard let key = name.last, scanner.take(UInt8(ascii: "=")) else {
            throw scanner.error("'=' is missing behind a key, where \(scanner.found) stands")
        }
        scanner.skipBlanks()
        let parent = try tables.open(name.dropLast(), from: table)
        try tables.checkIsNew(key, in: parent)
        tables.insert(try value(depth: tables.depth(of: parent) + 1), for: key, in: parent)
    }

    // MARK: Names

    /// Reads a dotted name, the blanks around it and around its dots included; `depth` is that of what it stands in.
    private mutating func name(depth: Int) throws(Unreadable) -> [TOMLKey] {
        var name: [TOMLKey] = []
        repeat {
            scanner.skipBlanks()
            let place = scanner.place
            try tables.check(depth: depth + name.count + 1, at: place)
            name.append(TOMLKey(text: try key(), place: place))
            scanner.skipBlanks()
        } while scanner.take(UInt8(ascii: "."))
        return name
    }

    private mutating func key() throws(Unreadable) -> String {
        if scanner.current == UInt8(ascii: "\"") || scanner.current == UInt8(ascii: "'") {
            return try scanner.shortString()
        }
        let bare = scanner.take {
            TOMLScanner.isLetter($0) || TOMLScanner.isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
        guard !bare.isEmpty else { throw scanner.error("a key is missing where \(scanner.found) stands") }
        return String(decoding: bare, as: UTF8.self)
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(Unreadable) -> TOMLTables.Value {
        let place = scanner.place
        switch scanner.current {
        case UInt8(ascii: "["): return try array(at: place, depth: depth)
        case UInt8(ascii: "{"): return try inlineTable(at: place, depth: depth)
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            try tables.count(at: place, depth: depth)
            return .scalar(.init(text: try scanner.string(), isPlain: false, place: place))
        default:
            try tables.count(at: place, depth: depth)
            return .scalar(.init(text: try plain(), isPlain: true, place: place))
        }
    }

    private mutating func plain() throws(Unreadable) -> String {
        let place = scanner.place
        var word = plainWord()
        guard !word.isEmpty else { throw scanner.error("a value is missing where \(scanner.found) stands") }
        // Of dates alone a blank may be a part.
        if TOMLDates.looksLikeDay(word), scanner.current == UInt8(ascii: " "),
            scanner.byte(ahead: 1).map(TOMLScanner.isDigit) == true
        {
            scanner.advance()
            word += [UInt8(ascii: " ")] + plainWord()
        }
        // The word itself is not told: it may be a secret that lacks its quotes.
        switch TOMLPlain(word) {
        case .text(let text): return text
        case .tooLarge: throw scanner.error("the integer that starts here does not fit 64 bits", at: place)
        case .unknown: throw scanner.error("what starts here is no value: text needs quotes", at: place)
        }
    }

    /// What stands in numbers and dates beside digits and letters.
    private static let marks = Array("+-_.:".utf8)

    private mutating func plainWord() -> [UInt8] {
        Array(scanner.take { TOMLScanner.isLetter($0) || TOMLScanner.isDigit($0) || Self.marks.contains($0) })
    }

    private mutating func array(at place: Place, depth: Int) throws(Unreadable) -> TOMLTables.Value {
        try tables.count(at: place, depth: depth)
        scanner.advance()
        var items: [TOMLTables.Value] = []
        try scanner.skipLines()
        while !scanner.take(UInt8(ascii: "]")) {
            guard scanner.current != nil else {
                throw scanner.error("the array that starts here does not end", at: place)
            }
            items.append(try value(depth: depth + 1))
            try scanner.skipLines()
            guard scanner.take(UInt8(ascii: ",")) || scanner.current == UInt8(ascii: "]") else {
                throw scanner.error("',' or ']' is missing in an array, where \(scanner.found) stands")
            }
            try scanner.skipLines()
        }
        return .array(items, place)
    }

    /// On one line, and without a comma behind its last pair.
    private mutating func inlineTable(at place: Place, depth: Int) throws(Unreadable) -> TOMLTables.Value {
        let table = try tables.inline(at: place, depth: depth)
        scanner.advance()
        scanner.skipBlanks()
        if scanner.take(UInt8(ascii: "}")) { return .table(table) }
        repeat {
            try pair(in: table)
            scanner.skipBlanks()
        } while scanner.take(UInt8(ascii: ","))
        guard scanner.take(UInt8(ascii: "}")) else {
            throw scanner.error("',' or '}' is missing in an inline table, where \(scanner.found) stands")
        }
        return .table(table)
    }
}
