// SPDX-License-Identifier: Apache-2.0

/// Reads what projects say that they need: `pyproject.toml`, `setup.cfg`, `Pipfile` and conda's `environment.yml`.
///
/// Source: the specification of `pyproject.toml` (PEP 621, PEP 735), and the tools' own documentation.
enum RequirementsManifestReader {
    /// - Returns: `nil` if it names neither packages nor where they come from.
    static func pyproject(_ document: DataDocument) -> RequirementsFile? {
        var file = RequirementsFile(path: document.file)
        file.kind = .manifest
        let root = document.root
        file.add(texts: root[path: "project", "dependencies"])
        for group in root[path: "project", "optional-dependencies"]?.members ?? [] { file.add(texts: group.value) }
        for group in root["dependency-groups"]?.members ?? [] { file.add(texts: group.value) }
        // What builds the project; of those from an index, tools choose the versions.
        let builders = (root[path: "build-system", "requires"]?.items ?? []).compactMap(\.located)
        for text in builders where text.value.contains("@") || text.value.contains("://") { file.add(text: text) }
        if let poetry = root[path: "tool", "poetry"] {
            let groups = poetry["group"]?.members.compactMap { $0.value["dependencies"] } ?? []
            for table in [poetry["dependencies"], poetry["dev-dependencies"]].compactMap(\.self) + groups {
                file.add(table: table)
            }
            for source in poetry["source"]?.items ?? [] { file.add(source: source) }
        }
        for source in root[path: "tool", "pdm", "source"]?.items ?? [] { file.add(source: source) }
        if let uv = root[path: "tool", "uv"] {
            for source in uv["sources"]?.members ?? [] { file.add(source.key, of: source.value, at: source.keyPlace) }
            file.add(uv: uv)
            if let pip = uv["pip"] { file.add(uv: pip) }
        }
        return file.requirements.isEmpty && file.options.isEmpty ? nil : file
    }

    /// uv's own settings, which are those of `[tool.uv]`.
    /// - Returns: `nil` if it does not say where packages come from.
    static func uv(_ document: DataDocument) -> RequirementsFile? {
        var file = RequirementsFile(path: document.file)
        file.kind = .manifest
        file.add(uv: document.root)
        if let pip = document.root["pip"] { file.add(uv: pip) }
        return file.options.isEmpty ? nil : file
    }

    static func pipfile(_ document: DataDocument) -> RequirementsFile {
        var file = RequirementsFile(path: document.file)
        file.kind = .environment
        for section in ["packages", "dev-packages"] {
            if let table = document.root[section] { file.add(table: table) }
        }
        for source in document.root["source"]?.items ?? [] { file.add(source: source) }
        return file
    }

    /// - Returns: `nil` if it is something else.
    static func conda(_ document: DataDocument) -> RequirementsFile? {
        let root = document.root
        let name = document.file.split(separator: "/").last?.lowercased() ?? ""
        guard case .list = root["dependencies"],
            root["channels"] != nil || name.hasPrefix("environment") || name.hasPrefix("conda")
        else { return nil }
        return environment(root, path: document.file)
    }

    /// What a bento's image has conda install: as in a file of conda's, and `pip` beside it.
    /// - Returns: `nil` if that is nothing.
    static func conda(_ build: BentoBuild) -> RequirementsFile? {
        guard let conda = build.root["conda"], !conda.members.isEmpty else { return nil }
        var file = environment(conda, path: build.path)
        file.add(texts: conda["pip"])
        return file.requirements.isEmpty && file.options.isEmpty ? nil : file
    }

    private static func environment(_ node: DataNode, path: String) -> RequirementsFile {
        var file = RequirementsFile(path: path)
        file.kind = .environment
        for item in node["dependencies"]?.items ?? [] {
            if let text = item.located { file.requirements.append(Requirement(conda: text)) }
            file.add(texts: item["pip"])
        }
        for channel in node["channels"]?.items ?? [] {
            guard let text = channel.located, text.value.contains("://") else { continue }
            file.addIndex(text.value, at: text.place)
        }
        return file
    }

    /// `install_requires` and `extras_require`, each of whose lines is a requirement.
    static func setup(_ text: String, file path: String) -> RequirementsFile {
        var file = RequirementsFile(path: path)
        file.kind = .manifest
        var section: Substring = ""
        var isList = false
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let isContinued = line.first == " " || line.first == "\t"
            var value = line.drop { $0 == " " || $0 == "\t" }
            guard let first = value.first, first != "#", first != ";" else { continue }
            if !isContinued {
                if first == "[" {
                    section = value.dropFirst().prefix { $0 != "]" }
                    continue
                }
                let key = value.prefix { $0 != "=" && $0 != ":" }
                isList =
                    section == "options.extras_require"
                    || (section == "options" && key.filter { $0 != " " } == "install_requires")
                value = value.dropFirst(key.count + 1).drop { $0 == " " }
            }
            guard isList, !value.isEmpty else { continue }
            file.add(text: Located(String(value), at: Place(path, line: number + 1)))
        }
        return file
    }
}

extension RequirementsFile {
    /// Lines of requirements, or of options.
    fileprivate mutating func add(texts: DataNode?) {
        for item in texts?.items ?? [] { if let text = item.located { add(text: text) } }
    }

    fileprivate mutating func add(text: Located<String>) {
        guard text.value.hasPrefix("-") else {
            requirements.append(Requirement(text.value, place: text.place))
            return
        }
        let line = RequirementsReader.options(of: text.value, at: text.place)
        options += line.options
        requirements += line.editable
    }

    /// `name = "^1.0"`, or `name = {git = "…", rev = "…"}`, as Poetry and Pipenv have it.
    fileprivate mutating func add(table: DataNode) {
        for member in table.members where member.key != "python" {
            for value in member.value.items.isEmpty ? [member.value] : member.value.items {
                add(member.key, of: value, at: member.keyPlace)
            }
        }
    }

    fileprivate mutating func add(_ name: String, of value: DataNode, at place: Place) {
        var address = value["url"]?.text ?? value["file"]?.text
        if let git = value["git"]?.text {
            let reference = ["rev", "ref", "tag", "branch"].lazy.compactMap { value[$0]?.text }.first
            address = "git+\(git)" + (reference.map { "@" + $0 } ?? "")
        }
        // Of what has an address, a version pins nothing.
        if let address {
            requirements.append(Requirement(name: name, version: "", address: address, hashes: [], place: place))
        } else if let text = value.text ?? value["version"]?.text {
            let isExact = text.utf8.first.map { (0x30...0x39).contains($0) } ?? false
            let version = text == "*" ? "" : isExact ? "==" + text : text
            requirements.append(Requirement(name: name, version: version, address: nil, hashes: [], place: place))
        }
    }

    /// uv asks its indexes one after the other, and takes the first that has a package at all, unless told otherwise.
    fileprivate mutating func add(uv: DataNode) {
        let indexes = (uv["index"]?.items.compactMap { $0["url"]?.located } ?? []) + [uv["index-url"]?.located]
        let others = uv["extra-index-url"]?.items.compactMap(\.located) ?? []
        let isMixed = uv["index-strategy"]?.text?.hasPrefix("unsafe") ?? false
        for index in indexes.compactMap(\.self) + others {
            addIndex(index.value, at: index.place)
            if isMixed { options.append(Option(name: "--extra-index-url", value: index.value, place: index.place)) }
        }
        for host in uv["allow-insecure-host"]?.items.compactMap(\.located) ?? [] {
            options.append(Option(name: "--trusted-host", value: host.value, place: host.place))
        }
    }
}

extension Requirement {
    /// `channel::name=1.24=build`: conda means by one `=` a version and what only mends it.
    fileprivate init(conda text: Located<String>) {
        let name = text.value.split(separator: ":").last ?? ""
        let end = name.firstIndex { "=<>!~ ".contains($0) } ?? name.endIndex
        let version = name[end...].filter { $0 != " " }
        let isPinned = version.hasPrefix("=") && !version.hasPrefix("==")
        self.init(
            name: String(name[..<end]),
            version: isPinned ? "=" + version : version,
            address: nil,
            hashes: [],
            place: text.place
        )
    }
}
