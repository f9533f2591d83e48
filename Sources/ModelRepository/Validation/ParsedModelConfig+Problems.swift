// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import InferenceProtos

extension ParsedModelConfig {
    /// Everything that is wrong with the configuration whatever files the model has: a load would refuse it.
    ///
    /// - Parameters:
    ///   - directoryName: of the model; empty if it is not known.
    ///   - isInPlace: whether the directory has to have the model's name.
    package func problems(
        ofModel directoryName: String,
        isInPlace: Bool = true,
        limits: RepositoryLimits = .defaults
    ) -> [ConfigProblem] {
        var completed = config
        if let none = try? MemoryModelFiles(modelName: directoryName, files: [:], limits: limits) {
            _ = try? BackendFields.complete(&completed, directoryName: directoryName, files: none)
        }
        // The model's files would tell; any name that no platform belongs to does for the checks.
        if completed.backend.isEmpty, completed.platform.isEmpty { completed.backend = "undecided" }
        _ = Normalization.normalize(&completed)
        var problems = ConfigValidator.problems(in: completed, stage: .beforeAutoComplete, limits: limits)
        if problems.isEmpty, isInPlace, !directoryName.isEmpty, completed.name != directoryName {
            problems.append(
                ConfigProblem(
                    "unexpected directory name '\(directoryName)' for model '\(completed.name)', directory name must"
                        + " equal model name",
                    at: "name"
                )
            )
        }
        return problems.map { $0.located(by: positions) }
    }
}
