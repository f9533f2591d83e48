// SPDX-License-Identifier: Apache-2.0
package import InferenceProtos
package import ModelRepository

/// A model's configuration that could be read.
package struct ModelConfigFile: Sendable {
    /// Of the file, in the audited tree.
    package var path: String
    /// Of the model: its directory's.
    package var modelName: String
    package var parsed: ParsedModelConfig

    package init(path: String, modelName: String, parsed: ParsedModelConfig) {
        self.path = path
        self.modelName = modelName
        self.parsed = parsed
    }

    package var config: Inference_ModelConfig { parsed.config }

    /// The place of a field, as in `instance_group[0].gpus`, or of the innermost thing around it that the text has.
    package func place(_ field: String) -> Place { Place(path, parsed.positions.nearest(to: field)) }

    /// The engine that the configuration chooses: what `backend` says, or what Triton takes a platform for.
    package var engine: String {
        if !config.backend.isEmpty { return config.backend }
        switch config.platform {
        case "tensorflow_graphdef", "tensorflow_savedmodel": return "tensorflow"
        case "tensorrt_plan": return "tensorrt"
        case "onnxruntime_onnx": return "onnxruntime"
        case "pytorch_libtorch", "torch_aoti": return "pytorch"
        default: return config.platform
        }
    }

    /// Where the model's Python environment lies beneath its directory, if it brings one: such code, whatever it is, runs
    /// in the sandbox alone.
    package var ownEnvironment: String? {
        guard engine == "python", let value = config.parameters["EXECUTION_ENV_PATH"]?.stringValue else { return nil }
        let own = "$$TRITON_MODEL_DIRECTORY/"
        let path = value.hasPrefix(own) ? String(value.dropFirst(own.count)) : value
        guard !path.isEmpty, !path.hasPrefix("/"), !ModelPath.escapes(path) else { return nil }
        let names = path.split(separator: "/").filter { $0 != "." }
        // What a version holds is the model, whatever else it is called.
        guard let first = names.first, !ModelDirectories.isVersion(first), !names.contains("..") else { return nil }
        return names.joined(separator: "/")
    }

    /// Paths of the files that a Python model's versions begin with.
    func programs(in directory: ModelDirectoryView) -> [String] {
        guard engine == "python", !config.defaultModelFilename.isEmpty else { return [] }
        return directory.entries.lazy.filter { entry in
            let path = directory.relative(entry)
            guard let slash = path.firstIndex(of: "/"), ModelDirectories.isVersion(path[..<slash]) else { return false }
            return path[path.index(after: slash)...] == config.defaultModelFilename
        }
        .map(\.path)
    }

    package var ensemble: Inference_ModelEnsembling? {
        if case .ensembleScheduling(let scheduling) = config.schedulingChoice { scheduling } else { nil }
    }
}
