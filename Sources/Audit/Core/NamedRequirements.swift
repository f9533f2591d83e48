// SPDX-License-Identifier: Apache-2.0

/// Files of requirements that commands install, `pip install -r`, whatever they are called.
struct NamedRequirements {
    /// Which file says it, and how it calls the other.
    private var names: [(file: String, name: String)] = []
    /// By Dockerfile, and by the last name, what `COPY` takes into the image.
    private var copied: [String: [String: [String]]] = [:]

    private static let countLimit = 1024

    mutating func take(_ script: ShellScript) {
        for command in script.commands where names.count < Self.countLimit {
            guard let install = PackageInstall(command), install.installer == .pip else { continue }
            for (option, value) in install.values.prefix(64) where Self.options.contains(option) {
                guard Self.isRequirements(value.text) else { continue }
                names.append((value.place.file, value.text))
            }
        }
    }

    mutating func take(_ file: Dockerfile) {
        let copies = file.instructions.filter { $0.keyword == "COPY" && $0.flag("from") == nil }
        // Not lazily: that would read the words again for each of them.
        let paths = copies.flatMap { $0.words.dropLast().map(\.text) }.prefix(Self.countLimit)
        copied[file.path] = Dictionary(grouping: paths, by: ShellCommand.baseName)
    }

    private static let options: Set<String> = ["-r", "--requirement", "-c", "--constraint"]
    /// What pip's kin install from is of other kinds too, which are read by their names.
    private static let otherEndings = [".toml", ".cfg", ".py", ".lock", ".yaml", ".yml", ".json"]

    private static func isRequirements(_ name: String) -> Bool {
        name.utf8.count <= 1024 && !name.contains("$") && !otherEndings.contains(where: name.hasSuffix)
    }

    /// For each name the paths that it may mean, the likeliest first.
    var candidates: some Sequence<[String]> { names.lazy.map { candidates($0.name, of: $0.file) } }

    /// In an image a file lies elsewhere than beside the Dockerfile, and the directory that is built from may be one above.
    private func candidates(_ name: String, of file: String) -> [String] {
        var written = [name]
        let parts = name.split(separator: "/")
        if let last = parts.last {
            written += copied[file]?[String(last)]?.prefix(4) ?? []
        }
        written += parts.indices.suffix(Self.depth).map { parts[$0...].joined(separator: "/") }
        let above = (0...2).map { String(repeating: "../", count: $0) }
        return written.flatMap { path in
            let relative = path.drop { $0 == "/" }
            return above.compactMap { TreePath.resolve($0 + relative, besides: file) }
        }
    }

    private static let depth = 8
}
