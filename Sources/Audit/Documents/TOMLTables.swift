// SPDX-License-Identifier: Apache-2.0

/// A part of a dotted name.
struct TOMLKey {
    var text: String
    var place: Place
}

/// The tables of a TOML text as they come to be: which name stands for what, and how it was defined, which decides
/// who may add to it.
///
/// A key is one with another that Swift holds equal, so that `DataNode` finds by its name the one that there is. TOML
/// would tell two spellings of one Unicode text apart; here the second is refused.
struct TOMLTables {
    enum Value {
        case scalar(DataNode.Scalar)
        /// Values in brackets, to which nothing is added.
        case array([Value], Place)
        /// By its number.
        case table(Int)
        /// Tables of `[[name]]`, by the number of their list.
        case tables(Int)
    }

    /// How a table came to be.
    private enum Definition {
        /// By the name of one within it: its own header, or dotted keys, may still follow.
        case implied
        /// By its header.
        case header
        /// By dotted keys, and open to others in the same table.
        case dotted
        /// In braces, to which nothing is added.
        case inline
    }

    private struct Table {
        var definition: Definition
        var place: Place
        /// Levels above it.
        var depth: Int
        var entries: [(key: TOMLKey, value: Value)] = []
        /// Of ``entries``, by the key.
        var index: [String: Int] = [:]
    }

    private struct List {
        var items: [Int]
        var place: Place
    }

    static let root = 0
    private let limits: AuditLimits
    private var tables: [Table]
    private var lists: [List] = []
    private var count = 1

    init(place: Place, limits: AuditLimits) {
        self.limits = limits
        tables = [Table(definition: .header, place: place, depth: 0)]
    }

    /// Counts a value before it is made.
    mutating func count(at place: Place, depth: Int) throws(Unreadable) {
        count += 1
        guard count <= limits.nodes else { throw Unreadable(place, "the file has more than \(limits.nodes) values") }
        try check(depth: depth, at: place)
    }

    func check(depth: Int, at place: Place) throws(Unreadable) {
        guard depth <= limits.depth else {
            throw Unreadable(place, "the file nests values more than \(limits.depth) deep")
        }
    }

    func depth(of table: Int) -> Int { tables[table].depth }

    // MARK: Definitions

    /// The table of a header `[name]`, which it defines.
    mutating func define(_ name: [TOMLKey], at place: Place) throws(Unreadable) -> Int {
        guard let last = name.last else { return Self.root }
        let parent = try open(name.dropLast())
        guard let known = value(last, in: parent) else {
            return try add(last, .header, at: place, to: parent)
        }
        guard case .table(let table) = known, case .implied = tables[table].definition else {
            throw twice("the table", name)
        }
        tables[table].definition = .header
        tables[table].place = place
        return table
    }

    /// A further table of `[[name]]`.
    mutating func append(_ name: [TOMLKey], at place: Place) throws(Unreadable) -> Int {
        guard let last = name.last else { return Self.root }
        let parent = try open(name.dropLast())
        let depth = tables[parent].depth + 1
        let list: Int
        switch value(last, in: parent) {
        case .tables(let known)?: list = known
        case nil:
            try count(at: place, depth: depth)
            list = lists.count
            lists.append(List(items: [], place: place))
            insert(.tables(list), for: last, in: parent)
        default: throw closed(last)
        }
        let table = try new(.header, at: place, depth: depth + 1)
        lists[list].items.append(table)
        return table
    }

    /// The table that a header's name but for its last part leads to; of an array of tables the latest.
    private mutating func open(_ name: ArraySlice<TOMLKey>) throws(Unreadable) -> Int {
        var table = Self.root
        for key in name {
            switch value(key, in: table) {
            case nil: table = try add(key, .implied, at: key.place, to: table)
            case .tables(let list)?:
                guard let latest = lists[list].items.last else { throw closed(key) }
                table = latest
            case .table(let inner)?:
                if case .inline = tables[inner].definition { throw closed(key) }
                table = inner
            default: throw closed(key)
            }
        }
        return table
    }

    /// The table that a dotted key but for its last part leads to from `table`.
    mutating func open(_ name: ArraySlice<TOMLKey>, from table: Int) throws(Unreadable) -> Int {
        var table = table
        for key in name {
            guard let known = value(key, in: table) else {
                table = try add(key, .dotted, at: key.place, to: table)
                continue
            }
            guard case .table(let inner) = known else { throw closed(key) }
            switch tables[inner].definition {
            case .implied, .dotted: tables[inner].definition = .dotted
            case .header, .inline: throw closed(key)
            }
            table = inner
        }
        return table
    }

    /// A table in braces, which ``insert(_:for:in:)`` gives its name.
    mutating func inline(at place: Place, depth: Int) throws(Unreadable) -> Int {
        try new(.inline, at: place, depth: depth)
    }

    func checkIsNew(_ key: TOMLKey, in table: Int) throws(Unreadable) {
        guard value(key, in: table) == nil else { throw twice("the key", [key]) }
    }

    private func value(_ key: TOMLKey, in table: Int) -> Value? {
        tables[table].index[key.text].map { tables[table].entries[$0].value }
    }

    /// Gives a value a name that ``checkIsNew(_:in:)`` has found free.
    mutating func insert(_ value: Value, for key: TOMLKey, in table: Int) {
        tables[table].index[key.text] = tables[table].entries.count
        tables[table].entries.append((key, value))
    }

    private mutating func new(_ definition: Definition, at place: Place, depth: Int) throws(Unreadable) -> Int {
        try count(at: place, depth: depth)
        tables.append(Table(definition: definition, place: place, depth: depth))
        return tables.count - 1
    }

    private mutating func add(
        _ key: TOMLKey,
        _ definition: Definition,
        at place: Place,
        to parent: Int
    ) throws(Unreadable) -> Int {
        let table = try new(definition, at: place, depth: tables[parent].depth + 1)
        insert(.table(table), for: key, in: parent)
        return table
    }

    // MARK: Errors

    private func twice(_ kind: String, _ name: [TOMLKey]) -> Unreadable {
        let text = Printed.quoted(name.map(\.text).joined(separator: "."))
        let place = name.last?.place ?? tables[Self.root].place
        return Unreadable(place, "the file is not TOML: \(kind) \(text) is defined more than once")
    }

    private func closed(_ key: TOMLKey) -> Unreadable {
        let text = Printed.quoted(key.text)
        return Unreadable(key.place, "the file is not TOML: nothing can be added to \(text), which is defined already")
    }

    // MARK: Nodes

    /// All of the text. It calls itself no deeper than ``AuditLimits/depth``.
    var node: DataNode { node(ofTable: Self.root) }

    private func node(ofTable number: Int) -> DataNode {
        let table = tables[number]
        let members = table.entries.map {
            DataNode.Member(key: $0.key.text, keyPlace: $0.key.place, value: node($0.value))
        }
        return .map(members, table.place)
    }

    private func node(_ value: Value) -> DataNode {
        switch value {
        case .scalar(let scalar): .scalar(scalar)
        case .array(let items, let place): .list(items.map(node), place)
        case .table(let number): node(ofTable: number)
        case .tables(let number): .list(lists[number].items.map { node(ofTable: $0) }, lists[number].place)
        }
    }
}
