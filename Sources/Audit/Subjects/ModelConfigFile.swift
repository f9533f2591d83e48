// SPDX-License-Identifier: Apache-2.0
package import InferenceProtos
package import ModelRepository

/// A `config.pbtxt` that could be read.
package struct ModelConfigFile: Sendable {
    package var path: String
    package var parsed: ParsedModelConfig

    package init(path: String, parsed: ParsedModelConfig) {
        self.path = path
        self.parsed = parsed
    }

    package var config: Inference_ModelConfig { parsed.config }

    /// The place of a field, as in `instance_group[0].gpus`, or of the innermost thing around it that the text has.
    package func place(_ field: String) -> Place { Place(path, parsed.positions.nearest(to: field)) }
}
