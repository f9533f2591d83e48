// SPDX-License-Identifier: Apache-2.0
package import Inference
internal import InferenceProtos

/// The engines that this server has, by the name that a configuration's `backend` carries.
package struct EngineSelection: Sendable {
    private let engines: [String: any Engine]

    package init(_ engines: [any Engine]) {
        self.engines = Dictionary(engines.map { ($0.name, $0) }) { first, _ in first }
    }

    func engine(for config: Inference_ModelConfig) throws(ServingError) -> any Engine {
        if let engine = engines[config.backend] { return engine }
        let known = engines.keys.sorted().joined(separator: ", ")
        throw ServingError(
            .invalidArgument,
            "unable to find backend library for backend '\(config.backend)', try specifying runtime on the model "
                + "configuration. This server has: \(known)."
        )
    }
}
