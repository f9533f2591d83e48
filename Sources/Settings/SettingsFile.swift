// SPDX-License-Identifier: Apache-2.0
private import Yams

/// Reads `buckler.yaml`: flags by their names without dashes, each with a value, a list, or a mapping for those of the
/// form `[<group>,]<key>=<value>`. Limits may stand together under `limits`, and the files of TLS under `tls`, by what
/// follows `tls-` in their names.
package struct SettingsFile: Sendable {
    /// No settings file is anywhere near as long; a wrong path may be.
    package static let longest = 1 << 20
    /// An anchor that is used again and again makes a short file stand for one without end.
    static let mostValues = 10_000
    /// Keys that are read while arguments are and would mean nothing in a file.
    private static let commandLineOnly: Set<String> = ["help", "version", "config"]
    private static let limitsKey = "limits"
    private static let tlsKey = "tls"

    /// How errors call the file.
    private let name: String
    private var assignments: [Assignment] = []

    package static func parse(_ text: String, name: String) throws(SettingsError) -> [Assignment] {
        guard text.utf8.count <= longest else {
            throw SettingsError("\(name) is longer than \(longest) bytes")
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw SettingsError("\(name):" + explain(error, in: text))
        }
        var file = SettingsFile(name: name)
        guard let root, !file.isEmpty(root) else { return [] }
        try file.read(root)
        return file.assignments
    }

    private init(name: String) { self.name = name }

    private func isEmpty(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.string.isEmpty
    }

    private mutating func read(_ root: Node) throws(SettingsError) {
        for (key, value) in try mapping(root, as: "the file") {
            let name = try scalar(key, as: "a key")
            if name == Self.limitsKey {
                for (key, value) in try mapping(value, as: name) {
                    let limit = try scalar(key, as: "a key")
                    try read(flag(named: limit, at: key, among: FlagTable.limits + FlagTable.http), value)
                }
            } else if name == Self.tlsKey {
                for (key, value) in try mapping(value, as: name) {
                    let file = Self.tlsKey + "-" + (try scalar(key, as: "a key"))
                    try read(flag(named: file, at: key, among: FlagTable.tls), value)
                }
            } else {
                try read(flag(named: name, at: key, among: FlagTable.all), value)
            }
        }
    }

    private func flag(named name: String, at key: Node, among flags: [Flag]) throws(SettingsError) -> Flag {
        let known = flags.filter { !Self.commandLineOnly.contains($0.name) }
        if let flag = known.first(where: { $0.name == name }) { return flag }
        let names = known.map(\.name) + [Self.limitsKey, Self.tlsKey]
        let hint = Suggestion.nearest(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
        throw error(at: key, "unknown key '\(Printable.text(name))'\(hint)")
    }

    private mutating func read(_ flag: Flag, _ node: Node) throws(SettingsError) {
        switch node {
        case .sequence(let items) where flag.isRepeatable:
            for item in items { try assign(flag, scalar(item, as: flag.name), at: item) }
        case .mapping where isSetting(flag):
            try readSettings(of: flag, node)
        default:
            try assign(flag, scalar(node, as: flag.name), at: node)
        }
    }

    private func isSetting(_ flag: Flag) -> Bool {
        if case .setting = flag.kind { true } else { false }
    }

    /// `{key: value}` and `{group: {key: value}}`.
    private mutating func readSettings(of flag: Flag, _ node: Node) throws(SettingsError) {
        for (key, value) in try mapping(node, as: flag.name) {
            let first = try scalar(key, as: flag.name)
            if case .mapping = value {
                for (key, value) in try mapping(value, as: first) {
                    let setting = try scalar(key, as: first)
                    try assign(flag, "\(first),\(setting)=\(scalar(value, as: setting))", at: value)
                }
            } else {
                try assign(flag, "\(first)=\(scalar(value, as: first))", at: value)
            }
        }
    }

    private mutating func assign(_ flag: Flag, _ value: String, at node: Node) throws(SettingsError) {
        let mark = node.mark
        let origin = Assignment.Origin.file(name, line: mark?.line ?? 1, column: mark?.column ?? 1)
        let assignment = Assignment(flag: flag, value: value, origin: origin)
        try assignment.check()
        guard assignments.count < Self.mostValues else {
            throw error(at: node, "more than \(Self.mostValues) values")
        }
        assignments.append(assignment)
    }

    private func mapping(_ node: Node, as name: String) throws(SettingsError) -> Node.Mapping {
        guard case .mapping(let mapping) = node else {
            throw error(at: node, "\(Printable.text(name)) must be a mapping of keys to values")
        }
        return mapping
    }

    private func scalar(_ node: Node, as name: String) throws(SettingsError) -> String {
        guard case .scalar(let scalar) = node else {
            throw error(at: node, "\(Printable.text(name)) must be a single value")
        }
        return scalar.string
    }

    private func error(at node: Node, _ message: String) -> SettingsError {
        let mark = node.mark
        return SettingsError("\(name):\(mark?.line ?? 1):\(mark?.column ?? 1): \(message)")
    }

    private static func explain(_ error: any Error, in text: String) -> String {
        guard let error = error as? YamlError else { return " not YAML" }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return "\(mark.line):\(mark.column): \(problem)"
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { Printable.text($0) }.joined(separator: ", ")
            let first = context.mark
            // The parser tells where the first of them stands first; whoever looks for it wants the one too many.
            let line = RepeatedKey.line(of: duplicates.first ?? "", after: first.line, column: first.column, in: text)
            return "\(line ?? first.line):\(first.column): more than once: \(keys)"
        case .reader(let problem, let offset, _, _):
            return " byte \(offset ?? 0): \(problem)"
        default:
            return " not YAML"
        }
    }
}
