// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos
import SwiftProtobuf

/// A model's configuration as it was given: in the load request, on disk, or not at all.
struct ConfigSource: Sendable {
    var config = Inference_ModelConfig()
    /// `config.pbtxt` or `configs/<name>.pbtxt`; `nil` if it came with the request or there is none.
    var file: String?
    var isGiven = false

    static let defaultFile = "config.pbtxt"

    static func read(
        model: String,
        files: any ModelFiles,
        configName: String?,
        override: String?,
        settings: DefinitionSettings
    ) throws(ServingError) -> ConfigSource {
        if let override {
            return ConfigSource(config: try parseJSON(override, limits: settings.limits), isGiven: true)
        }
        let file = try fileName(model: model, files: files, configName: configName)
        guard files.exists(file) else {
            guard settings.autoComplete else {
                throw ServingError(
                    .notFound,
                    "failed to open text file for read '\(file)' of model '\(model)': No such file or directory"
                )
            }
            return ConfigSource()
        }
        let content = try files.read(file, limit: settings.limits.configurationBytes)
        return ConfigSource(config: try parseText(content, file: file, model: model), file: file, isGiven: true)
    }

    private static func fileName(
        model: String,
        files: any ModelFiles,
        configName: String?
    ) throws(ServingError) -> String {
        guard let configName, !configName.isEmpty else { return defaultFile }
        // The name is the operator's, but a path in it would be a surprise in every model.
        guard !configName.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 }) else {
            throw ServingError(.invalidArgument, "model configuration name '\(configName)' must not contain '/'")
        }
        let custom = "configs/\(configName).pbtxt"
        return files.exists(custom) ? custom : defaultFile
    }

    private static func parseText(
        _ content: TensorBytes,
        file: String,
        model: String
    ) throws(ServingError) -> Inference_ModelConfig {
        let text = content.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
        guard let text else {
            throw ServingError(.invalidArgument, "failed to read '\(file)' of model '\(model)': it is not UTF-8")
        }
        do {
            return try Inference_ModelConfig(textFormatString: text)
        } catch {
            throw ServingError(
                .invalidArgument,
                "failed to read '\(file)' of model '\(model)': it is not a ModelConfig in text format",
                cause: String(describing: error)
            )
        }
    }

    private static func parseJSON(
        _ text: String,
        limits: RepositoryLimits
    ) throws(ServingError) -> Inference_ModelConfig {
        guard text.utf8.count <= limits.configurationBytes else {
            throw ServingError(
                .invalidArgument,
                "Invalid config override: it has \(text.utf8.count) bytes,"
                    + " at most \(limits.configurationBytes) are allowed"
            )
        }
        do {
            return try Inference_ModelConfig(jsonString: text)
        } catch JSONDecodingError.unknownField(let field) {
            throw ServingError(.invalidArgument, "Invalid config override: no such field: '\(field)'")
        } catch {
            throw ServingError(
                .invalidArgument,
                "Invalid config override: it is not a ModelConfig in JSON",
                cause: String(describing: error)
            )
        }
    }
}
