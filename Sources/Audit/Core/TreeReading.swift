// SPDX-License-Identifier: Apache-2.0

/// Reads the files of a tree into subjects; whatever cannot be read is kept with its reason.
struct TreeReading {
    private let tree: any AuditTree
    private let limits: AuditLimits
    let texts: TextReading
    /// Of a load: the one model that the tree is.
    let model: AuditedModel?
    private(set) var subjects: [Subject] = []
    private(set) var project = Project()
    private(set) var unreadable: [Unreadable] = []
    private(set) var filesRead = 0
    private var python: PythonSources
    private var modelFileReading = ModelFileReading([])
    private var modelFiles: [ModelFile] = []
    /// Python environments that models bring: not looked into.
    private var environments: [String] = []
    /// By path, the entries that can be read.
    private var readable: [String: AuditEntry] = [:]
    private var environmentFiles: EnvironmentFiles
    private var namedRequirements = NamedRequirements()
    /// By path, the files within it that were read.
    private var written: [String: Int] = [:]
    private var writtenDepth = 0
    /// What models name as their program, whatever it is called.
    private var programs: Set<String> = []

    init(tree: any AuditTree, limits: AuditLimits, python: (any PythonSourceReader)?, model: AuditedModel? = nil) {
        self.tree = tree
        self.limits = limits
        texts = TextReading(tree: tree, limits: limits)
        environmentFiles = EnvironmentFiles([:], texts)
        self.python = PythonSources(reader: python, limits: limits)
        self.model = model
    }

    mutating func read(_ progress: (_ read: Int, _ all: Int) -> Void) {
        (project.entries, unreadable) = tree.entries()
        let directories =
            model.map { ModelDirectories(model: $0.path, project.entries) } ?? ModelDirectories(project.entries)
        readable = Dictionary(project.entries.lazy.filter(\.isReadable).map { ($0.path, $0) }) { first, _ in first }
        environmentFiles = EnvironmentFiles(readable, texts)
        modelFileReading = ModelFileReading(project.entries, models: Set(directories.found.keys))
        for (path, entries) in directories.found.sorted(by: { $0.key < $1.key }) {
            readModel(at: path, entries)
        }
        for (index, entry) in project.entries.enumerated() where !isInEnvironment(entry) {
            progress(index, project.entries.count)
            attempt { (reading) throws(Unreadable) in try reading.read(entry) }
        }
        // They name requirements in turn.
        readNamedDockerfiles()
        readNamedRequirements()
        attempt { (reading) throws(Unreadable) in try reading.readPython() }
        modelFileReading.relate(&modelFiles)
        add(modelFiles.map(Subject.modelFile))
    }

    private mutating func readModel(at path: String, _ entries: [AuditEntry]) {
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
            attempt { (reading) throws(Unreadable) in
                (view.config, view.configProblems) = ModelDirectories.read(
                    try reading.texts.text(of: entry),
                    path: configPath,
                    modelName: name,
                    isInPlace: view.hasVersion
                )
            }
        }
        if model == nil { readOtherConfigurations(of: &view) }
        if let config = view.config {
            add([.modelConfig(config)])
            programs.formUnion(config.programs(in: view))
            if let environment = config.ownEnvironment, !view.leadsElsewhere(than: environment) {
                environments.append(path.isEmpty ? environment : path + "/" + environment)
                view.entries.removeAll(where: isInEnvironment)
            }
        }
        add([.modelDirectory(view)])
    }

    /// `configs/<name>.pbtxt`, which `--model-config-name` takes in place of `config.pbtxt`.
    private mutating func readOtherConfigurations(of view: inout ModelDirectoryView) {
        for entry in view.entries where entry.isReadable {
            let path = view.relative(entry)
            guard path.hasPrefix("configs/"), path.hasSuffix(".pbtxt"), path.dropFirst(8).firstIndex(of: "/") == nil
            else { continue }
            attempt { (reading) throws(Unreadable) in
                let text = try reading.texts.text(of: entry)
                let (config, problems) = ModelDirectories.read(text, path: entry.path, modelName: view.name)
                if let config { reading.add([.modelConfig(config)]) }
                view.configProblems += problems
            }
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
        guard entry.isReadable else {
            // Of those in a model rules tell, and nothing but the model is a load's.
            if model == nil, !place.isInModel, FileKinds.isRead(entry) { try refuse(entry) }
            return
        }
        let isPython = FileKinds.isPython(entry) || programs.contains(entry.path)
        let isJSON = entry.name.lowercased().hasSuffix(".json")
        if place.isInModel || isJSON { try inspect(entry) }
        if isPython {
            try keepPython(entry)
            return
        }
        // Data in a version's directory is the model's, tokenizers of many megabytes among it.
        // What a load is not about is not read: a model may bring a Dockerfile, nobody builds it here.
        var isKnown = model == nil ? try readDocument(entry, isModelData: place.isInVersion) : false
        if !isKnown, !place.isInModel, !isJSON { try inspect(entry) }
        if !isKnown, model == nil { isKnown = try readScript(entry) }
        if isKnown || place.isInModel || modelFiles.last?.isOfModelFormat(at: entry.path) == true { filesRead += 1 }
    }

    private mutating func inspect(_ entry: AuditEntry) throws(Unreadable) {
        modelFiles.append(modelFileReading.read(entry, from: try tree.open(entry.path)))
    }

    /// What has the name of something that is read, and is no file that can be.
    private func refuse(_ entry: AuditEntry) throws(Unreadable) {
        switch entry.kind {
        case .file, .directory, .link(_, .file), .link(_, .directory): return
        case .link(let text, .outsideRoot):
            let message = "it is a link to \(Printed.quoted(text)), which leads out of the directory that is audited"
            throw Unreadable(Place(entry.path), message)
        case .link(let text, .nothing):
            throw Unreadable(Place(entry.path), "it is a link to \(Printed.quoted(text)), where there is no file")
        case .special(let what): throw Unreadable(Place(entry.path), "it is \(what), not a file")
        }
    }

    /// A text whose first line says what runs it, whatever it is called. The inspection has looked at that line.
    /// - Returns: whether there is a reader for it.
    private mutating func readScript(_ entry: AuditEntry) throws(Unreadable) -> Bool {
        guard let file = modelFiles.last, file.path == entry.path, let program = file.interpreter else { return false }
        if FileKinds.isPython(program: program) {
            try keepPython(entry)
            // It is counted when it has been read.
            return false
        }
        guard ShellCommand.shells.contains(program) else { return false }
        add(Recogniser.shellSubjects(try texts.text(of: entry), file: entry.path))
        return true
    }

    /// - Returns: whether it is of a kind that is known by its name.
    private mutating func readDocument(_ entry: AuditEntry, isModelData: Bool) throws(Unreadable) -> Bool {
        var isKnown = false
        for recogniser in Recogniser.all {
            guard case .text(let matches, let read) = recogniser, matches(entry) else { continue }
            isKnown = true
            add(try read(try texts.text(of: entry), entry.path, limits))
        }
        if !isModelData, let documents = try texts.documents(of: entry) {
            isKnown = true
            var variables: [String: String] = [:]
            attempt { (reading) throws(Unreadable) in
                variables = try reading.environmentFiles.beside(entry.path)
            }
            for var document in documents {
                document.variables = variables
                for case .data(let read) in Recogniser.all { add(read(document)) }
            }
        }
        return isKnown
    }

    /// Requirements files that others name, or commands that install them, whatever they are called.
    private mutating func readNamedRequirements() {
        var known = Set(project.requirements.map(\.path))
        for paths in namedRequirements.candidates {
            guard let path = paths.first(where: { readable[$0] != nil }) else { continue }
            readRequirements(at: path, &known)
        }
        var index = 0
        // Those that are read name others in turn.
        while index < project.requirements.count {
            for path in project.requirements[index].named { readRequirements(at: path, &known) }
            index += 1
        }
    }

    /// Dockerfiles that builds name, whatever they are called.
    private mutating func readNamedDockerfiles() {
        guard case .text(let matches, let read) = Recogniser.dockerfile else { return }
        var known = Set(project.dockerfiles.map(\.path))
        var index = 0
        // What one of them runs may be a build too.
        while index < project.containers.count {
            let path = project.containers[index].dockerfilePaths.first { readable[$0] != nil }
            index += 1
            guard let path, known.insert(path).inserted, let entry = readable[path], !matches(entry),
                !isInEnvironment(entry)
            else {
                continue
            }
            attempt { (reading) throws(Unreadable) in
                reading.add(try read(try reading.texts.text(of: entry), path, reading.limits))
                reading.filesRead += 1
            }
        }
    }

    private mutating func readRequirements(at path: String, _ known: inout Set<String>) {
        guard known.insert(path).inserted, let entry = readable[path], !isInEnvironment(entry) else { return }
        attempt { (reading) throws(Unreadable) in
            let text = try reading.texts.text(of: entry)
            reading.add([.requirements(try RequirementsReader.read(text, file: path, limits: reading.limits))])
        }
    }

    private mutating func keepPython(_ entry: AuditEntry) throws(Unreadable) {
        try python.keep(try texts.text(of: entry, limit: limits.pythonSourceBytes), at: entry.path)
    }

    private mutating func readPython() throws(Unreadable) {
        while let modules = try python.takeModules() {
            for module in modules {
                switch module {
                case .success(let module):
                    filesRead += 1
                    add([.python(module)] + (model == nil ? module.imageSubjects : []))
                case .failure(let problem): unreadable.append(problem)
                }
            }
        }
    }

    /// Files in one file, and how deep in each other: each is read with all lines before it.
    private static let writtenLimit = 32
    private static let writtenDepthLimit = 4

    private mutating func readWritten(_ text: WrittenText) {
        guard model == nil else { return }
        let file = text.text.file
        written[file, default: 0] += 1
        guard written[file, default: 0] <= Self.writtenLimit, writtenDepth < Self.writtenDepthLimit else {
            if written[file, default: 0] == Self.writtenLimit + 1 || writtenDepth >= Self.writtenDepthLimit {
                unreadable.append(Unreadable(text.text.place(0), "there are more files written out here than are read"))
            }
            return
        }
        writtenDepth += 1
        defer { writtenDepth -= 1 }
        do throws(Unreadable) {
            switch text.kind {
            case .python: try python.keep(text.text.padding + text.text.named, at: file)
            case .dockerfile:
                guard case .text(_, let read) = Recogniser.dockerfile else { return }
                add(try read(text.text.padded, file, limits))
            case .data:
                for var document in try texts.documents(in: text) {
                    // Lines of the text are none that could be mended.
                    document.lines = SourceLines()
                    for case .data(let read) in Recogniser.all { add(read(document)) }
                }
            }
        } catch {
            if text.isExact { unreadable.append(error) }
        }
    }

    /// A container with what files of variables give it.
    private mutating func filled(_ subject: Subject) -> Subject {
        guard case .container(var container) = subject, !container.environmentFiles.isEmpty else { return subject }
        attempt { (reading) throws(Unreadable) in try reading.environmentFiles.fill(&container) }
        return .container(container)
    }

    private mutating func add(_ new: [Subject]) {
        for subject in new.map({ filled($0) }) {
            subjects.append(subject)
            switch subject {
            case .modelDirectory(let value): project.modelDirectories.append(value)
            case .python(let value): project.pythonModules.append(value)
            case .dockerfile(let value):
                project.dockerfiles.append(value)
                namedRequirements.take(value)
                attempt { (reading) throws(Unreadable) in
                    for body in value.pythonBodies { try reading.python.keep(body.padded, at: value.path) }
                }
            case .container(let value): project.containers.append(value)
            case .workload(let value): project.workloads.append(value)
            case .serverCommand(let value): project.serverCommands.append(value)
            case .bentoBuild(let value): project.bentoBuilds.append(value)
            case .bentoConfiguration(let value): project.bentoConfigurations.append(value)
            case .requirements(let value): project.requirements.append(value)
            case .written(let text): readWritten(text)
            case .unreadable(let problem): unreadable.append(problem)
            case .shellScript(let value): namedRequirements.take(value)
            case .modelConfig, .modelFile: break
            }
        }
    }
}

extension ModelFile {
    /// The program that a script's first line names.
    fileprivate var interpreter: String? {
        guard inspection.format == .script, let line = inspection.facts.first(where: { $0.name == "interpreter" })
        else { return nil }
        return ShellScriptText.program(SourceText(line.value, file: path))
    }

    /// Whether this is the file at `path`, and rules say something of its kind wherever it lies.
    fileprivate func isOfModelFormat(at path: String) -> Bool {
        path == self.path && ![.text, .json, .empty, .unknown].contains(inspection.format)
    }
}
