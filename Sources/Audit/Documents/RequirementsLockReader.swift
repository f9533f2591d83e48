// SPDX-License-Identifier: Apache-2.0

/// Reads lock files: `uv.lock`, `poetry.lock`, `pdm.lock`, `pylock.toml` and `Pipfile.lock`. They say the same in few
/// words of their own, so one reader takes all of them.
///
/// Source: PEP 751 for `pylock.toml`; what the tools' own documentation shows for the others.
enum RequirementsLockReader {
    static let names: Set<String> = ["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"]

    static func isPylock(_ name: String) -> Bool {
        name == "pylock.toml" || (name.hasPrefix("pylock.") && name.hasSuffix(".toml"))
    }

    static func read(_ document: DataDocument) -> RequirementsFile {
        var file = RequirementsFile(path: document.file)
        file.kind = .lock
        let root = document.root
        // Poetry kept hashes by themselves before its version 1.3.
        let hashes = Dictionary((root[path: "metadata", "files"]?.members ?? []).map { ($0.key, $0.value) }) { $1 }
        for key in ["package", "packages"] {
            for package in root[key]?.items ?? [] { add(package, name: nil, hashes: hashes, to: &file) }
        }
        for section in ["default", "develop"] {
            for package in root[section]?.members ?? [] {
                add(package.value, name: package.key, hashes: [:], to: &file)
            }
        }
        for source in root[path: "_meta", "sources"]?.items ?? [] { file.add(source: source) }
        return file
    }

    private static func add(
        _ node: DataNode,
        name: String?,
        hashes: [String: DataNode],
        to file: inout RequirementsFile
    ) {
        guard let name = name ?? node["name"]?.text, !isLocal(node) else { return }
        let place = node.member("name")?.keyPlace ?? node.place
        let files =
            ["files", "wheels"].flatMap { node[$0]?.items ?? [] } + ["sdist", "archive"].compactMap { node[$0] }
        for url in files.compactMap({ $0["url"]?.text }) where PackageSource.isPlain(url) {
            file.addIndex(url, at: place)
        }
        if let index = node[path: "source", "registry"]?.text ?? node["index"]?.text, index.contains("://") {
            file.addIndex(index, at: place)
        }
        if node[path: "source", "type"]?.text == "legacy", let index = node[path: "source", "url"]?.text {
            file.addIndex(index, at: place)
        }
        file.requirements.append(
            Requirement(
                name: name,
                version: version(node),
                address: address(node),
                hashes: firstHash(of: files, or: node["hashes"] ?? hashes[name]),
                place: place
            )
        )
    }

    /// As `==1.0`; Pipenv writes it with its operator.
    private static func version(_ node: DataNode) -> String {
        guard let version = node["version"]?.text else { return "" }
        return version.utf8.first.map { (0x30...0x39).contains($0) } == true ? "==" + version : version
    }

    /// What lies beside the lock is of the project itself.
    private static func isLocal(_ node: DataNode) -> Bool {
        let source = node["source"]
        if ["directory", "file"].contains(source?["type"]?.text) { return true }
        let keys = ["path", "directory", "editable", "virtual"]
        return keys.contains { source?[$0] != nil || node[$0] != nil }
    }

    /// One is enough to tell that there are; none if any of the files has none.
    private static func firstHash(of files: [DataNode], or own: DataNode?) -> [String] {
        func hash(_ file: DataNode) -> String? {
            file.text ?? file["hash"]?.text ?? file["hashes"]?.members.first?.value.text
        }
        let all = files.isEmpty ? own?.items ?? [] : files
        guard let first = all.first.flatMap(hash), all.allSatisfy({ hash($0) != nil }) else { return [] }
        return [first]
    }

    /// Of what comes from no index.
    private static func address(_ node: DataNode) -> String? {
        let source = node["source"]
        if let git = source?["git"]?.text {
            // uv: `https://host/path?rev=main#commit`
            let parts = git.split(separator: "#", maxSplits: 1)
            let url = parts.first?.prefix { $0 != "?" } ?? ""
            return "git+\(url)@\(parts.count > 1 ? parts[1] : "")"
        }
        if source?["type"]?.text == "git", let url = source?["url"]?.text {
            return "git+\(url)@\(source?["resolved_reference"]?.text ?? "")"
        }
        if let git = node["git"]?.text { return "git+\(git)@\(node["revision"]?.text ?? node["ref"]?.text ?? "")" }
        if let vcs = node["vcs"] {
            return "\(vcs["type"]?.text ?? "git")+\(vcs["url"]?.text ?? "")@\(vcs["commit-id"]?.text ?? "")"
        }
        if source?["type"]?.text == "url" { return source?["url"]?.text }
        return source?["url"]?.text.flatMap { source?["type"] == nil ? $0 : nil } ?? node[path: "archive", "url"]?.text
            ?? node["url"]?.text ?? node["file"]?.text
    }
}

extension RequirementsFile {
    /// Each once.
    mutating func addIndex(_ address: String, at place: Place) {
        guard indexes.insert(address).inserted else { return }
        options.append(Option(name: "--index-url", value: address, place: place))
    }

    /// `url` and `verify_ssl`, as Pipenv and PDM have them; Poetry has the first alone.
    mutating func add(source: DataNode) {
        guard let url = source["url"]?.located else { return }
        addIndex(url.value, at: url.place)
        if let verify = source["verify_ssl"], verify.bool == false {
            options.append(Option(name: "--trusted-host", value: url.value, place: verify.place))
        }
    }
}
