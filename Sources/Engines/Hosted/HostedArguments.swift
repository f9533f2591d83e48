// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// A file of a model, and where it lies in the area that comes before *start*.
struct HostedFile: Sendable, Equatable {
    /// Relative to the model's directory.
    var path: String
    var offset: Int
    var bytes: Int
}

/// What a worker that hosts an engine is told by *start*, at both ends.
struct HostedArguments: Sendable {
    /// Where the engine's library lies, as the worker sees it.
    var library: String
    /// Of it the worker gets what an engine reads; the files come beside.
    var source: EngineModelSource
    var files: [HostedFile]
    /// `nil`: the worker is to open the model, say what its graph is, and wait for the next *start*.
    var configuration: EngineModelConfiguration?

    init(
        library: String,
        source: EngineModelSource,
        files: [HostedFile],
        configuration: EngineModelConfiguration? = nil
    ) {
        self.library = library
        self.source = source
        self.files = files
        self.configuration = configuration
    }
}

extension HostedArguments: WorkerStartArguments {
    func json(directory: String) -> [UInt8] {
        var model = JSONObjectWriter()
        model.put("name", source.modelName)
        model.put("version", Int(source.version))
        model.put("path", source.path)
        model.put("parameters", members: source.parameters)
        model.put("settings", members: source.engineSettings)
        if let level = source.graphLevel { model.put("graph_level", level) }
        model.put("instances", source.instanceCount)
        if let limit = source.arenaLimit { model.put("arena_limit", limit) }
        model.put("output_limit", source.outputLimit)
        var writer = JSONObjectWriter()
        writer.put("mode", configuration == nil ? "complete" : "serve")
        writer.put("engine", "onnxruntime")
        writer.put("library", library)
        writer.put("model", object: model.finished())
        writer.put("files", elements: files.map(Self.json))
        if let configuration {
            var object = JSONObjectWriter()
            object.put("max_batch_size", configuration.maxBatchSize)
            object.put("inputs", elements: configuration.inputs.map(TensorSpecText.json))
            object.put("outputs", elements: configuration.outputs.map(TensorSpecText.json))
            writer.put("configuration", object: object.finished())
        }
        return writer.finished()
    }

    private static func json(_ file: HostedFile) -> [UInt8] {
        var writer = JSONObjectWriter()
        writer.put("path", file.path)
        writer.put("offset", file.offset)
        writer.put("bytes", file.bytes)
        return writer.finished()
    }

    /// Members of one object, or entries of a list, that a server may send.
    private static let memberLimit = 65_536

    init(json text: String) throws(WorkerFault) {
        let members = try JSONMembers(text)
        let model = try members.members("model")
        library = try members.text("library")
        files = []
        for file in try members.elements("files", limit: Self.memberLimit) {
            let file = try JSONMembers(file, "a file")
            let (offset, bytes) = (try file.number("offset") ?? 0, try file.number("bytes") ?? 0)
            files.append(HostedFile(path: try file.text("path"), offset: offset, bytes: bytes))
        }
        source = EngineModelSource(
            modelName: try model.text("name"),
            version: Int64(try model.number("version") ?? 0),
            files: HostedFiles(),
            path: try model.text("path"),
            outputLimit: try model.number("output_limit") ?? 0
        )
        source.parameters = try model.texts("parameters", limit: Self.memberLimit)
        source.engineSettings = try model.texts("settings", limit: Self.memberLimit)
        source.graphLevel = try model.number("graph_level")
        source.instanceCount = try model.number("instances") ?? 1
        source.arenaLimit = try model.number("arena_limit")
        guard members.has("configuration") else { return }
        let object = try members.members("configuration")
        configuration = EngineModelConfiguration(
            inputs: try TensorSpecText.list(try object.elements("inputs", limit: Self.memberLimit)),
            outputs: try TensorSpecText.list(try object.elements("outputs", limit: Self.memberLimit)),
            maxBatchSize: try object.number("max_batch_size") ?? 0
        )
    }
}
