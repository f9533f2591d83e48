// SPDX-License-Identifier: Apache-2.0
internal import Inference

extension EngineModelSource {
    /// A number of `--backend-config` for this model's engine that is about its workers; `nil` if it is not set.
    func workerSetting(_ key: String, least: Int = 1) throws(ServingError) -> Int? {
        guard let text = engineSettings[key] else { return nil }
        guard let number = Int(text), number >= least else {
            throw ServingError(
                .invalidArgument,
                "--backend-config=…,\(key) of model '\(modelName)' must be a number from \(least) on"
            )
        }
        return number
    }
}
