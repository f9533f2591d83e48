// SPDX-License-Identifier: Apache-2.0
package import Inference
package import InferenceProtos
private import SwiftProtobuf

/// A configuration and where its text has each field.
package struct ParsedModelConfig: Sendable {
    package var config: Inference_ModelConfig
    package var positions: ConfigPositions

    package init(config: Inference_ModelConfig, positions: ConfigPositions) {
        self.config = config
        self.positions = positions
    }
}

/// `config.pbtxt`: a model's configuration in protobuf's text format.
package enum ModelConfigText {
    /// - Parameters:
    ///   - file: what errors call the text; a name, not a path.
    /// - Throws: the first thing that is wrong, with its place. Nothing is allocated beyond `limits`.
    package static func parse(
        _ bytes: [UInt8],
        file: String,
        limits: ConfigTextLimits = ConfigTextLimits()
    ) throws(ConfigSyntaxError) -> ParsedModelConfig {
        try ParsedModelConfig(file: file) { () throws(ConfigSyntaxError) in
            try checkSize(bytes.count, limits: limits)
            return try TextFormatReader.read(bytes, as: ConfigSchema.shared.modelConfig, limits: limits)
        }
    }

    package static func parse(
        _ bytes: TensorBytes,
        file: String,
        limits: ConfigTextLimits = ConfigTextLimits()
    ) throws(ConfigSyntaxError) -> ParsedModelConfig {
        // One byte more than allowed is enough for the error, so no larger text is ever copied.
        let kept = bytes.slice(0..<min(bytes.count, limits.bytes + 1))
        return try parse(kept.withUnsafeBytes { [UInt8]($0) }, file: file, limits: limits)
    }

    /// The configuration as a `config.pbtxt`; fields at their default are left out.
    package static func print(_ config: Inference_ModelConfig) -> String {
        var printer = TextPrinter()
        printer.print(DynamicMessage(config))
        return printer.text
    }
}

/// A model's configuration as JSON: what `GET /v2/models/M/config` answers and a load request may bring.
package enum ModelConfigJSON {
    /// As Triton's `ModelConfigToJson` prints it.
    package static func print(_ config: Inference_ModelConfig) -> String {
        var printer = JSONPrinter()
        printer.print(DynamicMessage(config))
        return printer.text
    }

    /// Strict protobuf JSON: unknown fields are refused, names may be in snake or camel case, enum names in any case.
    /// - Throws: the first thing that is wrong, with its place. Nothing is allocated beyond `limits`.
    package static func parse(
        _ bytes: [UInt8],
        limits: ConfigTextLimits = ConfigTextLimits()
    ) throws(ConfigSyntaxError) -> ParsedModelConfig {
        try ParsedModelConfig(file: "") { () throws(ConfigSyntaxError) in
            try checkSize(bytes.count, limits: limits)
            return try JSONReader.read(bytes, as: ConfigSchema.shared.modelConfig, limits: limits)
        }
    }

    package static func parse(
        _ text: String,
        limits: ConfigTextLimits = ConfigTextLimits()
    ) throws(ConfigSyntaxError) -> ParsedModelConfig {
        try parse(Array(text.utf8.prefix(limits.bytes + 1)), limits: limits)
    }
}

private func checkSize(_ count: Int, limits: ConfigTextLimits) throws(ConfigSyntaxError) {
    guard count <= limits.bytes else {
        let start = SourcePosition(line: 1, column: 1)
        throw ConfigSyntaxError("the configuration is longer than \(limits.bytes) bytes", at: start)
    }
}

extension ParsedModelConfig {
    fileprivate init(
        file: String,
        read: () throws(ConfigSyntaxError) -> DynamicMessage
    ) throws(ConfigSyntaxError) {
        do {
            let tree = try read()
            guard let config = try? Inference_ModelConfig(serializedBytes: WireEncoder.encode(tree)) else {
                preconditionFailure("the encoder wrote what the generated code cannot read")
            }
            self.init(config: config, positions: ConfigPositions(tree))
        } catch {
            var error = error
            error.file = file
            throw error
        }
    }
}

extension DynamicMessage {
    fileprivate init(_ config: Inference_ModelConfig) {
        guard let bytes: [UInt8] = try? config.serializedBytes(),
            let message = WireDecoder.decode(bytes[...], as: ConfigSchema.shared.modelConfig)
        else { preconditionFailure("the generated code wrote what the decoder cannot read") }
        self = message
    }
}
