// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos

/// A model's configuration as it was given: in the load request, on disk, or not at all.
struct ConfigSource: Sendable {
    var config = Inference_ModelConfig()
    /// Where the text has each field; of no text, none.
    var positions = ConfigPositions()
    /// `config.pbtxt` or `configs/<name>.pbtxt`; `nil` if it came with the request or there is none.
    var file: String?
    /// What was read from `file`: what holds is this, whatever the file says by now.
    var text: TensorBytes?
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
            let parsed = try parseJSON(override, limits: settings.limits)
            return ConfigSource(config: parsed.config, isGiven: true)
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
        let parsed = try parseText(content, file: file, model: model, limits: settings.limits)
        return ConfigSource(
            config: parsed.config,
            positions: parsed.positions,
            file: file,
            text: content,
            isGiven: true
        )
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
        model: String,
        limits: RepositoryLimits
    ) throws(ServingError) -> ParsedModelConfig {
        do throws(ConfigSyntaxError) {
            return try ModelConfigText.parse(content, file: file, limits: textLimits(limits))
        } catch {
            throw ServingError(
                .invalidArgument,
                "failed to read the configuration of model '\(model)': \(error)",
                place: ServingError.Place(file: file, line: error.line, column: error.column)
            )
        }
    }

    private static func parseJSON(_ text: String, limits: RepositoryLimits) throws(ServingError) -> ParsedModelConfig {
        do throws(ConfigSyntaxError) {
            return try ModelConfigJSON.parse(text, limits: textLimits(limits))
        } catch {
            throw ServingError(.invalidArgument, "Invalid config override: \(error)")
        }
    }

    private static func textLimits(_ limits: RepositoryLimits) -> ConfigTextLimits {
        var text = ConfigTextLimits()
        text.bytes = limits.configurationBytes
        return text
    }

    /// `error` with the place in the text of the first of `paths` that the text has, unless it has a place already.
    func locating(_ error: ServingError, at paths: String...) -> ServingError {
        guard error.place == nil, let file,
            let place = paths.lazy.compactMap({ positions.nearest(to: $0) }).first?.place(in: file)
        else { return error }
        var located = error
        located.place = place
        located.cause = error.cause.map { "\(place): \($0)" } ?? place.description
        return located
    }

    /// - Throws: the first problem; its place is for the log.
    func validate(
        _ config: Inference_ModelConfig,
        stage: ConfigValidator.Stage,
        limits: RepositoryLimits
    ) throws(ServingError) {
        let problems = ConfigValidator.problems(in: config, stage: stage, limits: limits)
        if let first = problems.first?.located(by: positions) { throw first.servingError(file: file) }
    }
}
