// SPDX-License-Identifier: Apache-2.0
private import Yams

/// Reads YAML (and JSON, which is YAML) and TOML into ``DataNode``s, within ``AuditLimits``.
package enum DataReader {
    /// All documents of a YAML file; empty ones are left out.
    package static func yaml(
        _ text: String,
        file: String,
        limits: AuditLimits = .defaults
    ) throws(Unreadable) -> [DataDocument] {
        try YAMLBounds.check(text, file: file)
        var conversion = Conversion(file: file, limits: limits)
        var documents: [DataDocument] = []
        let lines = SourceLines(text, endings: .yaml)
        do {
            try YAMLAliases.check(text, file: file, limits: limits)
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
        DataDocument(file: file, root: try TOMLReader.read(text, file: file, limits: limits))
    }
}

/// Copies Yams' nodes: each time an anchor is used its values and their bytes count again, so a short file cannot stand
/// for one without end.
private struct Conversion {
    let file: String
    let limits: AuditLimits
    private var count = 0
    private var bytes = 0

    init(file: String, limits: AuditLimits) {
        self.file = file
        self.limits = limits
    }

    /// Of what is told from its text where no kind is written.
    private static let kindsOfPlain: Set<String> = ["bool", "int", "float", "null"].reduce(into: []) { tags, kind in
        tags.insert("tag:yaml.org,2002:" + kind)
    }

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
            try take(scalar.string, place)
            // `!!bool "true"` is a truth value all the same.
            let isPlain = scalar.style == .plain || Self.kindsOfPlain.contains(scalar.tag.description)
            var result = DataNode.Scalar(text: scalar.string, isPlain: isPlain, place: place)
            result.isBlock = scalar.style == .literal || scalar.style == .folded
            return .scalar(result)
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

    private mutating func take(_ text: String, _ place: Place) throws(Unreadable) {
        bytes += text.utf8.count
        guard bytes <= limits.valueBytes else {
            let problem = "the file's values have more than \(limits.valueBytes) bytes, anchors counted each time"
            throw Unreadable(place, problem)
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
            try take(name.string, place)
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
