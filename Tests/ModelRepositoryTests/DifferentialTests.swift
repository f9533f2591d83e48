// SPDX-License-Identifier: Apache-2.0
import InferenceProtos
import SwiftProtobuf
import Testing

@testable import ModelRepository

/// SwiftProtobuf's own readers and printers against ours, both ways, on configurations that use every field.
@Suite struct DifferentialTests {
    @Test(arguments: 0..<4) func textFormatAgrees(block: Int) throws {
        for seed in block * 500..<(block + 1) * 500 {
            var random = RandomConfig(seed: UInt64(seed))
            let config = try random.config()
            let theirs = config.textFormatString()
            #expect(try ModelConfigText.parse(Array(theirs.utf8), file: "theirs").config == config, "seed \(seed)")
            let ours = ModelConfigText.print(config)
            #expect(try Inference_ModelConfig(textFormatString: ours) == config, "seed \(seed)")
            #expect(try ModelConfigText.parse(Array(ours.utf8), file: "ours").config == config, "seed \(seed)")
        }
    }

    @Test(arguments: 0..<4) func jsonAgrees(block: Int) throws {
        for seed in block * 500..<(block + 1) * 500 {
            var random = RandomConfig(seed: UInt64(seed) + 1_000_000)
            let config = try random.config()
            #expect(try ModelConfigJSON.parse(try config.jsonString()).config == config, "seed \(seed)")
            let ours = ModelConfigJSON.print(config)
            #expect(try Inference_ModelConfig(jsonString: ours) == config, "seed \(seed)")
            #expect(try ModelConfigJSON.parse(ours).config == config, "seed \(seed)")
        }
    }
}
