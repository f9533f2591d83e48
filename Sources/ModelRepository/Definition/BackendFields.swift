// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos

/// The first step of auto-completion: name, backend, platform and file name, told by the files of the first version.
enum BackendFields {
    private enum FileKind {
        case file, directory, either
    }

    private struct Format {
        var backend: String
        var platform: String?
        var alternativePlatform: String?
        var filename: String
        var kind: FileKind
    }

    /// In the order in which Triton tries them.
    private static let formats = [
        Format(
            backend: "tensorflow",
            platform: "tensorflow_savedmodel",
            filename: "model.savedmodel",
            kind: .directory
        ),
        Format(backend: "tensorflow", platform: "tensorflow_graphdef", filename: "model.graphdef", kind: .file),
        Format(backend: "tensorrt", platform: "tensorrt_plan", filename: "model.plan", kind: .file),
        // A directory if the weights lie in files of their own.
        Format(backend: "onnxruntime", platform: "onnxruntime_onnx", filename: "model.onnx", kind: .either),
        Format(backend: "openvino", filename: "model.xml", kind: .either),
        Format(
            backend: "pytorch",
            platform: "pytorch_libtorch",
            alternativePlatform: "libtorch",
            filename: "model.pt",
            kind: .file
        ),
        Format(backend: "pytorch", platform: "torch_aoti", filename: "model.pt2", kind: .file),
        Format(backend: "python", filename: "model.py", kind: .either),
    ]

    /// - Returns: one line for each field that was filled.
    static func complete(
        _ config: inout Inference_ModelConfig,
        directoryName: String,
        files: any ModelFiles
    ) throws(ServingError) -> [String] {
        var lines: [String] = []
        if config.name.isEmpty {
            config.name = directoryName
            lines.append("name: \"\(directoryName)\", from the directory")
        }
        if let format = try format(of: config, files: files) {
            let reason = "a model of \(format.backend)"
            fill(&config.backend, "backend", with: format.backend, reason: reason, lines: &lines)
            if let platform = format.platform {
                fill(&config.platform, "platform", with: platform, reason: reason, lines: &lines)
            }
            fill(
                &config.defaultModelFilename,
                "default_model_filename",
                with: format.filename,
                reason: reason,
                lines: &lines
            )
        } else if config.backend.isEmpty, config.platform.isEmpty, config.defaultModelFilename.isEmpty {
            try completeFromSuffix(&config, directoryName: directoryName, lines: &lines)
        }
        return lines
    }

    private static func fill(
        _ field: inout String,
        _ name: String,
        with value: String,
        reason: String,
        lines: inout [String]
    ) {
        guard field.isEmpty else { return }
        field = value
        lines.append("\(name): \"\(value)\", \(reason)")
    }

    private static func format(
        of config: Inference_ModelConfig,
        files: any ModelFiles
    ) throws(ServingError) -> Format? {
        let candidates = config.backend.isEmpty ? formats : formats.filter { $0.backend == config.backend }
        if !config.platform.isEmpty,
            let found = candidates.first(where: {
                $0.platform == config.platform || $0.alternativePlatform == config.platform
            })
        {
            return found
        }
        if !config.defaultModelFilename.isEmpty,
            let found = candidates.first(where: { $0.filename == config.defaultModelFilename })
        {
            return found
        }
        if config.platform.isEmpty, config.defaultModelFilename.isEmpty,
            let found = try formatOfFirstVersion(among: candidates, files: files)
        {
            return found
        }
        return config.backend.isEmpty ? nil : candidates.first
    }

    private static func formatOfFirstVersion(
        among candidates: [Format],
        files: any ModelFiles
    ) throws(ServingError) -> Format? {
        let directories = try VersionDirectories.directories(of: files)
        guard let version = directories.first(where: { !VersionDirectories.reservedNames.contains($0) }) else {
            return nil
        }
        let content = Set(try files.list(version))
        return candidates.first { format in
            guard content.contains(format.filename) else { return false }
            return switch format.kind {
            case .either: true
            case .directory: files.isDirectory(version + "/" + format.filename)
            case .file: !files.isDirectory(version + "/" + format.filename)
            }
        }
    }

    /// A model called `anything.identity` is one of the backend `identity`.
    private static func completeFromSuffix(
        _ config: inout Inference_ModelConfig,
        directoryName: String,
        lines: inout [String]
    ) throws(ServingError) {
        guard let dot = directoryName.firstIndex(of: ".") else {
            throw ServingError(
                .invalidArgument,
                "Invalid model name: Could not determine backend for model '\(directoryName)' with no backend in model"
                    + " configuration. Expected model name of the form 'model.<backend_name>'."
            )
        }
        config.backend = String(directoryName[directoryName.index(after: dot)...])
        config.defaultModelFilename = "model." + config.backend
        lines.append("backend: \"\(config.backend)\", from the name of the model")
        lines.append("default_model_filename: \"\(config.defaultModelFilename)\", from the name of the model")
    }
}
