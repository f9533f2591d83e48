// SPDX-License-Identifier: Apache-2.0

/// Which files of a tree are a model's, and what the files beside each one tell about it.
struct ModelFileReading {
    private let entries: [String: AuditEntry]
    private let modelDirectories: Set<String>
    /// Models a version of which is a link to a directory: which of their files are that version's is not told by names.
    private let linkedModels: Set<String>
    /// What Python could import, if it looked in the right place, without what it is in.
    private let pythonModules: Set<String>
    private var inspected = InspectedFiles()

    init(_ entries: [AuditEntry], models: Set<String> = []) {
        self.entries = Dictionary(entries.map { ($0.path, $0) }) { first, _ in first }
        modelDirectories = models
        linkedModels = Set(
            entries.compactMap { entry in
                guard case .link(_, .directory) = entry.kind, ModelDirectories.isVersion(entry.name) else { return nil }
                return models.contains(Self.parent(of: entry.path)) ? Self.parent(of: entry.path) : nil
            }
        )
        pythonModules = Set(entries.compactMap(Self.pythonModule))
    }

    /// Whether a path lies beneath a model's directory, and in one of its versions.
    func place(of path: String) -> (isInModel: Bool, isInVersion: Bool) {
        var isInModel = modelDirectories.contains("")
        var isInVersion = isInModel && (Self.isInVersion(path[...]) || linkedModels.contains(""))
        for slash in path.indices where path[slash] == "/" && modelDirectories.contains(String(path[..<slash])) {
            isInModel = true
            isInVersion =
                isInVersion || Self.isInVersion(path[path.index(after: slash)...])
                || linkedModels.contains(String(path[..<slash]))
        }
        return (isInModel, isInVersion)
    }

    /// - Parameter path: beneath a model's directory.
    private static func isInVersion(_ path: Substring) -> Bool {
        path.firstIndex(of: "/").map { ModelDirectories.isVersion(path[..<$0]) } ?? false
    }

    mutating func read(_ entry: AuditEntry, from source: any ByteSource) -> ModelFile {
        let place = place(of: entry.path)
        return ModelFile(
            path: entry.path,
            inspection: inspected.inspect(source, path: entry.path),
            isInModelDirectory: place.isInModel,
            isInVersionDirectory: place.isInVersion
        )
    }

    /// Fills in what each file's neighbours say of it.
    func relate(_ files: inout [ModelFile]) {
        var tensorData: Set<String> = []
        var incomplete: Set<String> = []
        for index in files.indices {
            let directory = Self.parent(of: files[index].path)
            // Bytecode lies in a directory of its own.
            files[index].isBesidePythonModel = [directory, Self.parent(of: directory)].contains {
                entries[Self.join($0, "model.py")] != nil
            }
            for use in Self.distinct(files[index].inspection.externalData) {
                let path = Self.join(directory, use.location)
                files[index].externalData.append(
                    .init(use: use, entry: entries[path], linkOnTheWay: link(above: path, from: directory))
                )
                tensorData.insert(path)
                if entries[path] == nil { incomplete.insert(directory) }
            }
            reportImports(of: &files[index])
            // OpenVINO keeps weights in a file of the same name.
            if files[index].inspection.format == .openVINO, files[index].path.hasSuffix(".xml") {
                tensorData.insert(files[index].path.dropLast(4) + ".bin")
            }
        }
        let savedModels = Set(files.filter { $0.inspection.format == .savedModel }.map { Self.parent(of: $0.path) })
        for index in files.indices {
            let path = files[index].path
            files[index].mayBeTensorData = incomplete.contains(Self.parent(of: path))
            files[index].isTensorData = tensorData.contains(path) || Self.isPart(of: savedModels, path)
        }
    }

    /// What begins as a pickle does, and goes no further than an import, is text unless the import is there: whether a
    /// module is among the files that came along is nothing that its name can hide.
    private func reportImports(of file: inout ModelFile) {
        for module in file.inspection.importedModules {
            guard module.split(separator: ".").contains(where: { pythonModules.contains(String($0)) }) else { continue }
            file.inspection.problem(
                .pickle,
                "is a pickle, which runs code when it is loaded: it would import \(Printed.quoted(module)), which lies beside"
            )
        }
    }

    /// Of a package, what makes it one: its directory alone may be a namespace of nothing.
    private static func pythonModule(_ entry: AuditEntry) -> String? {
        let names = entry.path.split(separator: "/")
        guard entry.isReadable, let name = names.last, let dot = name.firstIndex(of: "."), dot != name.startIndex,
            ["py", "pyc", "so"].contains(FileName.lastExtension(of: entry.path))
        else { return nil }
        let stem = String(name[..<dot])
        return stem == "__init__" ? names.dropLast().last.map(String.init) : stem
    }

    /// A SavedModel keeps its weights in a directory beside it, and a checksum of itself.
    private static func isPart(of savedModels: Set<String>, _ path: String) -> Bool {
        let directory = parent(of: path)
        if path.hasSuffix("/fingerprint.pb") { return savedModels.contains(directory) }
        return directory.hasSuffix("/variables") && savedModels.contains(parent(of: directory))
    }

    /// For each location, the use that reaches furthest.
    private static func distinct(_ uses: [ExternalDataUse]) -> [ExternalDataUse] {
        var furthest: [String: ExternalDataUse] = [:]
        for use in uses {
            if let known = furthest[use.location], known.offset + known.byteCount >= use.offset + use.byteCount {
                continue
            }
            furthest[use.location] = use
        }
        return furthest.values.sorted { $0.location.utf8.lexicographicallyPrecedes($1.location.utf8) }
    }

    private func link(above path: String, from directory: String) -> AuditEntry? {
        var parent = Self.parent(of: path)
        while parent.utf8.count > directory.utf8.count {
            if let entry = entries[parent], case .link = entry.kind { return entry }
            parent = Self.parent(of: parent)
        }
        return nil
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return String(path[..<slash])
    }

    private static func join(_ directory: String, _ name: String) -> String {
        directory.isEmpty ? name : "\(directory)/\(name)"
    }
}
