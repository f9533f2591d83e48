// SPDX-License-Identifier: Apache-2.0
package import Inference
import InferenceProtos

extension ModelRepository {
    /// Reads a model's configuration, fills what its files tell, and finds its versions and labels.
    ///
    /// - Parameters:
    ///   - configName: `--model-config-name`: `configs/<name>.pbtxt` is taken if the model has it.
    ///   - overrides: of a load request; a configuration there replaces the one on disk, files there the directory.
    /// - Throws: `.notFound` if there is no such model, `.invalidArgument` with Triton's text for what is wrong.
    package func definition(
        ofModel name: String,
        configName: String? = nil,
        overrides: LoadParameters = LoadParameters(),
        settings: DefinitionSettings = DefinitionSettings()
    ) throws(ServingError) -> ModelDefinition {
        if overrides.files.isEmpty {
            let directory = try directory(ofModel: name)
            var definition = try Self.definition(
                ofModel: name,
                in: directory,
                configName: configName,
                override: overrides.configuration,
                settings: settings
            )
            definition.warnings += directory.warnings
            return definition
        }
        try ModelName.validate(name)
        guard overrides.configuration != nil else {
            throw ServingError(
                .invalidArgument,
                "Load parameter 'config' must be specified for model file override"
            )
        }
        let files = try MemoryModelFiles(modelName: name, files: overrides.files, limits: settings.limits)
        return try Self.definition(
            ofModel: name,
            in: files,
            configName: nil,
            override: overrides.configuration,
            settings: settings
        )
    }

    /// The same for files that lie anywhere, as `buckler check` and the tests have them.
    package static func definition(
        ofModel name: String,
        in files: any ModelFiles,
        configName: String?,
        override: String?,
        settings: DefinitionSettings
    ) throws(ServingError) -> ModelDefinition {
        let source = try ConfigSource.read(
            model: name,
            files: files,
            configName: configName,
            override: override,
            settings: settings
        )
        var config = source.config
        var completed = try BackendFields.complete(&config, directoryName: name, files: files)
        completed += Normalization.normalize(&config)
        try source.validate(config, stage: .beforeAutoComplete, limits: settings.limits)
        guard config.name == name else {
            var problem = ConfigProblem(
                "unexpected directory name '\(name)' for model '\(config.name)', directory name must equal model name",
                at: "name"
            )
            problem = problem.located(by: source.positions)
            throw problem.servingError(file: source.file)
        }
        let (versions, warnings) = try versions(of: config, files: files, source: source, limits: settings.limits)
        completed += Normalization.normalizeInstanceGroups(&config)
        if !settings.autoComplete {
            try source.validate(config, stage: .complete, limits: settings.limits)
        }
        return ModelDefinition(
            name: name,
            config: config,
            files: files,
            versions: versions,
            labels: try Labels.read(for: config, from: files, source: source, limits: settings.limits),
            warnings: warnings,
            completed: completed,
            source: source
        )
    }

    private static func versions(
        of config: Inference_ModelConfig,
        files: any ModelFiles,
        source: ConfigSource,
        limits: RepositoryLimits
    ) throws(ServingError) -> (versions: [Int64], warnings: [String]) {
        let found = VersionDirectories(directories: try VersionDirectories.directories(of: files))
        guard found.versions.count <= limits.versions else {
            throw ServingError(
                .invalidArgument,
                "model '\(config.name)' has \(found.versions.count) versions, at most \(limits.versions) are allowed"
            )
        }
        let (selected, warnings) = found.selected(by: config.versionPolicy, model: config.name)
        guard !selected.isEmpty else {
            let error = ServingError(
                .invalidArgument,
                "at least one version must be available under the version policy of model '\(config.name)'"
            )
            throw source.locating(error, at: "version_policy")
        }
        return (selected, found.warnings + warnings)
    }
}
