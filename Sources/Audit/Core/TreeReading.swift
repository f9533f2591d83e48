// SPDX-License-Identifier: Apache-2.0

/// A model that is about to be loaded: what the server has read of it already.
package struct AuditedModel: Sendable {
    package var name: String
    /// Of its directory, in the tree.
    package var path: String
    /// What holds for it, from its directory or from the load request; `nil` if there is none.
    package var config: ModelConfigFile?

    package init(name: String, path: String, config: ModelConfigFile?) {
        self.name = name
        self.path = path
        self.config = config
    }
}

/// Reads the files of a tree into subjects; whatever cannot be read is kept with its reason.
struct TreeReading {
    let tree: any AuditTree
    let limits: AuditLimits
    let python: (any PythonSourceReader)?
    /// Of a load: the one model that the tree is.
    let model: AuditedModel?
    private(set) var subjects: [Subject] = []
    private(set) var project = Project()
    private(set) var unreadable: [Unreadable] = []
    private(set) var filesRead = 0
    private var pythonSources: [(path: String, text: String)] = []
    private var modelFileReading = ModelFileReading([])
    private var modelFiles: [ModelFile] = []
    /// Python environments that models bring: not looked into.
    private var environments: [String] = []
    /// What models name as their program, whatever it is called.
    private var programs: Set<String> = []

    init(tree: any AuditTree, limits: AuditLimits, python: (any PythonSourceReader)?, model: AuditedModel? = nil) {
        self.tree = tree
        self.limits = limits
        self.python = python
        self.model = model
    }

    mutating func read() {
        (project.entries, unreadable) = tree.entries()
        let directories =
            model.map { ModelDirectories(model: $0.path, project.entries) } ?? ModelDirectories(project.entries)
        modelFileReading = ModelFileReading(project.entries, models: Set(directories.found.keys))
        for (path, entries) in directories.found.sorted(by: { $0.key < $1.key }) {
            attempt { (reading) throws(Unreadable) in try reading.readModel(at: path, entries) }
        }
        for entry in project.entries where entry.isReadable && !isInEnvironment(entry) {
            attempt { (reading) throws(Unreadable) in try reading.read(entry) }
        }
        attempt { (reading) throws(Unreadable) in try reading.readPython() }
        modelFileReading.relate(&modelFiles)
        add(modelFiles.map(Subject.modelFile))
    }

    private mutating func readModel(at path: String, _ entries: [AuditEntry]) throws(Unreadable) {
        let configPath = path.isEmpty ? ModelDirectories.configFile : path + "/" + ModelDirectories.configFile
        let entry = entries.first { $0.path == configPath }
        let name = model?.name ?? path.split(separator: "/").last.map(String.init) ?? ""
        var view = ModelDirectoryView(
            name: name,
            path: path,
            entries: entries,
            config: model?.config,
            hasConfigFile: entry != nil,
            configProblems: []
        )
        if model == nil, let entry, entry.isReadable {
            let text = try text(of: entry)
            (view.config, view.configProblems) = ModelDirectories.read(text, path: configPath, modelName: name)
        }
        if model == nil { try readOtherConfigurations(of: &view) }
        if let config = view.config {
            add([.modelConfig(config)])
            programs.formUnion(config.programs(in: view))
            if let environment = config.ownEnvironment {
                environments.append(path.isEmpty ? environment : path + "/" + environment)
                view.entries.removeAll(where: isInEnvironment)
            }
        }
        add([.modelDirectory(view)])
    }

    /// `configs/<name>.pbtxt`, which `--model-config-name` takes in place of `config.pbtxt`.
    private mutating func readOtherConfigurations(of view: inout ModelDirectoryView) throws(Unreadable) {
        for entry in view.entries where entry.isReadable {
            let path = view.relative(entry)
            guard path.hasPrefix("configs/"), path.hasSuffix(".pbtxt"), path.dropFirst(8).firstIndex(of: "/") == nil
            else { continue }
            let (config, problems) = ModelDirectories.read(
                try text(of: entry),
                path: entry.path,
                modelName: view.name
            )
            if let config { add([.modelConfig(config)]) }
            view.configProblems += problems
        }
    }

    private func isInEnvironment(_ entry: AuditEntry) -> Bool {
        environments.contains { entry.path == $0 || entry.path.hasPrefix($0 + "/") }
    }

    private mutating func attempt(_ body: (inout TreeReading) throws(Unreadable) -> Void) {
        do throws(Unreadable) { try body(&self) } catch { unreadable.append(error) }
    }

    private mutating func read(_ entry: AuditEntry) throws(Unreadable) {
        let place = modelFileReading.place(of: entry.path)
        let isPython = entry.name.hasSuffix(".py") || programs.contains(entry.path)
        let isJSON = entry.name.lowercased().hasSuffix(".json")
        if place.isInModel || isJSON { try inspect(entry) }
        if isPython {
            pythonSources.append((entry.path, try text(of: entry)))
            return
        }
        // Data in a version's directory is the model's, tokenizers of many megabytes among it.
        // What a load is not about is not read: a model may bring a Dockerfile, nobody builds it here.
        let isKnown = model == nil ? try readDocument(entry, isModelData: place.isInVersion) : false
        if !isKnown, !place.isInModel, !isJSON { try inspect(entry) }
        if isKnown || place.isInModel { filesRead += 1 }
    }

    private mutating func inspect(_ entry: AuditEntry) throws(Unreadable) {
        modelFiles.append(modelFileReading.read(entry, from: try tree.open(entry.path)))
    }

    /// - Returns: whether it is of a kind that is known by its name.
    private mutating func readDocument(_ entry: AuditEntry, isModelData: Bool) throws(Unreadable) -> Bool {
        var isKnown = false
        for recogniser in Recogniser.all {
            guard case .text(let matches, let read) = recogniser, matches(entry) else { continue }
            isKnown = true
            add(try read(try text(of: entry), entry.path, limits))
        }
        if !isModelData, let documents = try documents(of: entry) {
            isKnown = true
            for document in documents {
                for case .data(let read) in Recogniser.all { add(read(document)) }
            }
        }
        return isKnown
    }

    /// Bytes of a JSON file that may be a manifest.
    private static let longestManifest = 1 << 20

    private func documents(of entry: AuditEntry) throws(Unreadable) -> [DataDocument]? {
        let name = entry.name.lowercased()
        // Weights and vocabularies come as JSON too; nobody deploys one of that size.
        if name.hasSuffix(".json"), entry.size > Self.longestManifest { return nil }
        if name.hasSuffix(".yaml") || name.hasSuffix(".yml") || name.hasSuffix(".json") {
            return try DataReader.yaml(try text(of: entry), file: entry.path, limits: limits)
        }
        if name.hasSuffix(".toml") {
            return [try DataReader.toml(try text(of: entry), file: entry.path, limits: limits)]
        }
        return nil
    }

    private mutating func readPython() throws(Unreadable) {
        guard !pythonSources.isEmpty else { return }
        guard let python else {
            throw Unreadable(Place(pythonSources[0].path), "there is no Python to read Python sources with")
        }
        for module in try python.read(pythonSources) {
            switch module {
            case .success(let module):
                filesRead += 1
                add([.python(module)])
            case .failure(let problem): unreadable.append(problem)
            }
        }
    }

    private func text(of entry: AuditEntry) throws(Unreadable) -> String {
        let source = try tree.open(entry.path)
        // Of what was opened: a link's own size is not its target's.
        guard source.count <= limits.textBytes else {
            throw Unreadable(Place(entry.path), "the file has \(source.count) bytes, more than \(limits.textBytes)")
        }
        let bytes = try source.read(at: 0, count: source.count)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Unreadable(Place(entry.path), "the file is not UTF-8 text")
        }
        return text
    }

    /// Of a text that was read before; none if it cannot be read any more.
    func lines(of path: String) -> [Substring] {
        guard let source = try? tree.open(path), source.count <= limits.textBytes,
            let bytes = try? source.read(at: 0, count: limits.textBytes),
            let text = String(validating: bytes, as: UTF8.self)
        else { return [] }
        return text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
    }

    private mutating func add(_ new: [Subject]) {
        for subject in new {
            subjects.append(subject)
            switch subject {
            case .modelDirectory(let value): project.modelDirectories.append(value)
            case .python(let value): project.pythonModules.append(value)
            case .dockerfile(let value): project.dockerfiles.append(value)
            case .container(let value): project.containers.append(value)
            case .workload(let value): project.workloads.append(value)
            case .serverCommand(let value): project.serverCommands.append(value)
            case .bentoBuild(let value): project.bentoBuilds.append(value)
            case .bentoConfiguration(let value): project.bentoConfigurations.append(value)
            case .requirements(let value): project.requirements.append(value)
            case .modelConfig, .modelFile, .shellScript: break
            }
        }
    }
}
