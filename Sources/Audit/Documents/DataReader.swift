// SPDX-License-Identifier: Apache-2.0
private import TOMLKit
private import Yams

/// Reads YAML (and JSON, which is YAML) and TOML into ``DataNode``s, within ``AuditLimits``.
package enum DataReader {
    /// All documents of a YAML file; empty ones are left out.
    package static func yaml(
        _ text: String,
        file: String,
        limits: AuditLimits = .defaults
    ) throws(Unreadable) -> [DataDocument] {
        var conversion = Conversion(file: file, limits: limits)
        var documents: [DataDocument] = []
        let lines = SourceLines(text)
        do {
            let parser = try Parser(yaml: text)
            while let node = try parser.nextRoot() {
                guard documents.count < limits.documents else {
                    throw Unreadable(Place(file), "the file has more than \(limits.documents) documents")
                }
                let root = try conversion.node(node, depth: 0)
                if !root.isNull { documents.append(DataDocument(file: file, root: root, lines: lines)) }
            }
        } catch let error as Unreadable {
            throw error
        } catch let error as YamlError {
            throw Unreadable(error, file: file)
        } catch {
            throw Unreadable(Place(file), "the file is not YAML")
        }
        return documents
    }

    package static func toml(
        _ text: String,
        file: String,
        limits: AuditLimits = .defaults
    ) throws(Unreadable) -> DataDocument {
        do {
            var conversion = TOMLConversion(text: text, file: file, limits: limits)
            return DataDocument(file: file, root: try conversion.table(try TOMLTable(string: text), path: []))
        } catch let error as Unreadable {
            throw error
        } catch let error as TOMLParseError {
            let place = Place(file, line: Int(error.source.begin.line), column: Int(error.source.begin.column))
            throw Unreadable(place, "the file is not TOML: \(Printed.cut(error.description, limit: 200))")
        } catch {
            throw Unreadable(Place(file), "the file is not TOML")
        }
    }
}

/// Copies Yams' nodes: each time an anchor is used counts again, so a short file cannot stand for one without end.
private struct Conversion {
    let file: String
    let limits: AuditLimits
    var count = 0

    mutating func node(_ node: Node, depth: Int) throws -> DataNode {
        count += 1
        let place = Place(file, line: node.mark?.line, column: node.mark?.column)
        guard count <= limits.nodes else {
            throw Unreadable(place, "the file stands for more than \(limits.nodes) values, anchors counted each time")
        }
        guard depth < limits.depth else {
            throw Unreadable(place, "the file nests values more than \(limits.depth) deep")
        }
        switch node {
        case .scalar(let scalar):
            return .scalar(.init(text: scalar.string, isPlain: scalar.style == .plain, place: place))
        case .sequence(let items):
            var list: [DataNode] = []
            for item in items { list.append(try self.node(item, depth: depth + 1)) }
            return .list(list, place)
        case .mapping(let mapping):
            return .map(try members(of: mapping, depth: depth), place)
        case .alias:
            throw Unreadable(place, "an anchor stands for itself")
        }
    }

    /// `<<: *anchor` brings the anchor's keys along, as compose files use it; keys of the map itself come first.
    private mutating func members(of mapping: Node.Mapping, depth: Int) throws -> [DataNode.Member] {
        var members: [DataNode.Member] = []
        var merged: [DataNode.Member] = []
        for (key, value) in mapping {
            let place = Place(file, line: key.mark?.line, column: key.mark?.column)
            guard case .scalar(let name) = key else {
                throw Unreadable(place, "a key is not a single value")
            }
            let converted = try node(value, depth: depth + 1)
            if name.string == "<<", name.style == .plain {
                let sources = converted.members.isEmpty ? converted.items.flatMap(\.members) : converted.members
                merged += sources
            } else {
                members.append(.init(key: name.string, keyPlace: place, value: converted))
            }
        }
        var known = Set(members.map(\.key))
        for member in merged where known.insert(member.key).inserted { members.append(member) }
        return members
    }
}

/// Copies TOMLKit's tables, which know no places: a key is looked for in the text, beneath the header of its table.
private struct TOMLConversion {
    let file: String
    let limits: AuditLimits
    let lines: [Substring]
    var count = 0

    init(text: String, file: String, limits: AuditLimits) {
        self.file = file
        self.limits = limits
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    mutating func table(_ table: TOMLTable, path: [String]) throws -> DataNode {
        try enter(path)
        var members: [DataNode.Member] = []
        for key in table.keys {
            guard let value = table[key] else { continue }
            let place = place(of: key, in: path)
            members.append(
                .init(key: key, keyPlace: place, value: try node(value, at: place, path: path + [key]))
            )
        }
        let order = members.enumerated().sorted { left, right in
            (left.element.keyPlace.line ?? .max, left.offset) < (right.element.keyPlace.line ?? .max, right.offset)
        }
        return .map(order.map(\.element), Place(file, line: header(of: path).map { $0 + 1 }, column: 1))
    }

    private mutating func enter(_ path: [String]) throws {
        count += 1
        guard count <= limits.nodes else {
            throw Unreadable(Place(file), "the file has more than \(limits.nodes) values")
        }
        guard path.count <= limits.depth else {
            throw Unreadable(Place(file), "the file nests values more than \(limits.depth) deep")
        }
    }

    private mutating func node(_ value: any TOMLValueConvertible, at place: Place, path: [String]) throws -> DataNode {
        if let table = value.table { return try self.table(table, path: path) }
        try enter(path)
        if let array = value.array {
            var items: [DataNode] = []
            for item in array { items.append(try node(item, at: place, path: path + [""])) }
            return .list(items, place)
        }
        if let string = value.string { return .scalar(.init(text: string, isPlain: false, place: place)) }
        if let bool = value.bool { return .scalar(.init(text: bool ? "true" : "false", isPlain: true, place: place)) }
        if let int = value.int { return .scalar(.init(text: String(int), isPlain: true, place: place)) }
        return .scalar(.init(text: value.debugDescription, isPlain: true, place: place))
    }

    /// The line, from 0, of `[path]`.
    private func header(of path: [String]) -> Int? {
        guard !path.isEmpty else { return nil }
        let name = path.joined(separator: ".")
        return lines.firstIndex { line in
            let bare = line.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
            return bare.hasPrefix("[\(name)]") || bare.hasPrefix("[[\(name)]]")
        }
    }

    private func place(of key: String, in path: [String]) -> Place {
        let start = header(of: path).map { $0 + 1 } ?? 0
        if !path.isEmpty, start == 0 { return Place(file) }
        for (index, line) in lines[start...].enumerated() {
            let text = line.drop { $0 == " " || $0 == "\t" }
            if text.first == "[" { break }
            let name = text.prefix { $0 != "=" && $0 != "." }.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
            if name == key, text.contains("=") {
                return Place(file, line: start + index + 1, column: line.count - text.count + 1)
            }
        }
        return header(of: path + [key]).map { Place(file, line: $0 + 1, column: 1) } ?? Place(file)
    }
}

extension Unreadable {
    fileprivate init(_ error: YamlError, file: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            let place = Place(file, line: mark.line, column: mark.column)
            self.init(place, "the file is not YAML: \(Printed.cut(problem, limit: 200))")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.prefix(5).map { Printed.quoted("\($0)") }.joined(separator: ", ")
            self.init(Place(file, line: context.mark.line, column: context.mark.column), "more than once: \(keys)")
        case .reader(let problem, _, _, _):
            self.init(Place(file), "the file is not YAML: \(Printed.cut(problem, limit: 200))")
        default:
            self.init(Place(file), "the file is not YAML")
        }
    }
}
