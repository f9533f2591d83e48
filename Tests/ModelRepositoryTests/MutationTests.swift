// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos
import SwiftProtobuf
import TestSupport
import Testing

@testable import ModelRepository

/// Texts that once were right: whatever happens to them, the answer is a configuration or an error with a place.
@Suite struct MutationTests {
    private static let fragments = [
        "{", "}", "<", ">", "[", "]", ":", ",", ";", "\"", "'", "\\", "#", "-", "0x", "1e", "\\u", "\\777", "\n",
        "null",
        "TYPE_FP32", "input", "99999999999999999999", "\u{FEFF}", "\0",
    ]

    /// Short ones, so that a mutation seldom comes after another one's error.
    private static func shortTexts(
        _ block: UInt64,
        print: (Inference_ModelConfig) -> String
    ) throws -> [[UInt8]] {
        let texts = try (0..<200).map { (seed: UInt64) in
            var random = RandomConfig(seed: (block << 32) + seed)
            return Array(print(try random.config()).utf8)
        }
        return Array(texts.filter { (100..<2000).contains($0.count) }.prefix(50))
    }

    private static func mutate(_ bytes: [UInt8], using generator: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...2, using: &generator) {
            let offset = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: if offset < bytes.count { bytes[offset] = UInt8.random(in: 0...255, using: &generator) }
            case 1: bytes.insert(contentsOf: fragments.randomElement(using: &generator)!.utf8, at: offset)
            case 2: bytes.removeSubrange(offset..<min(bytes.count, offset + Int.random(in: 0..<9, using: &generator)))
            case 3: bytes.removeSubrange(offset...)
            default:
                let end = min(bytes.count, offset + Int.random(in: 0..<30, using: &generator))
                bytes.insert(contentsOf: bytes[offset..<end], at: Int.random(in: 0...bytes.count, using: &generator))
            }
        }
        return bytes
    }

    private static func isPlaced(_ error: ConfigSyntaxError, in bytes: [UInt8]) -> Bool {
        error.line >= 1 && error.column >= 1 && error.message.utf8.count < 512
            && error.line <= bytes.count(where: { $0 == UInt8(ascii: "\n") }) + 1
    }

    @Test(arguments: 0..<4) func mutatedTextNeverBreaksTheReader(block: UInt64) throws {
        var generator = SplitMix64(seed: 77 + block)
        var accepted = 0
        let texts = try Self.shortTexts(block) { ModelConfigText.print($0) }
        for round in 0..<2500 {
            let bytes = Self.mutate(texts[round % texts.count], using: &generator)
            do throws(ConfigSyntaxError) {
                let ours = try ModelConfigText.parse(bytes, file: "mutated").config
                accepted += 1
                // Where SwiftProtobuf reads it too, both must have read the same.
                if let theirs = try? Inference_ModelConfig(textFormatString: String(decoding: bytes, as: UTF8.self)) {
                    #expect(ModelConfigText.print(theirs) == ModelConfigText.print(ours))
                }
            } catch {
                #expect(Self.isPlaced(error, in: bytes), "\(error)")
            }
        }
        #expect(accepted > 60, "mutations that always break the text test nothing but its first error")
    }

    @Test(arguments: 0..<4) func mutatedJSONNeverBreaksTheReader(block: UInt64) throws {
        var generator = SplitMix64(seed: 770 + block)
        var accepted = 0
        let texts = try Self.shortTexts(block) { ModelConfigJSON.print($0) }
        for round in 0..<2500 {
            let bytes = Self.mutate(texts[round % texts.count], using: &generator)
            do throws(ConfigSyntaxError) {
                let ours = try ModelConfigJSON.parse(bytes).config
                accepted += 1
                if let theirs = try? Inference_ModelConfig(jsonUTF8Bytes: bytes) {
                    #expect(ModelConfigText.print(theirs) == ModelConfigText.print(ours))
                }
            } catch {
                #expect(Self.isPlaced(error, in: bytes), "\(error)")
            }
        }
        #expect(accepted > 15, "mutations that always break the text test nothing but its first error")
    }
}
