// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos
import SwiftProtobuf
import TestSupport

@testable import ModelRepository

/// Configurations that mean nothing, but use every field that the descriptors have.
struct RandomConfig {
    var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func config() throws -> Inference_ModelConfig {
        let tree = message(of: ConfigSchema.shared.modelConfig, depth: 0)
        return try Inference_ModelConfig(serializedBytes: WireEncoder.encode(tree))
    }

    private mutating func message(of index: Int, depth: Int) -> DynamicMessage {
        var message = DynamicMessage(schemaIndex: index)
        let isEntry = message.schema.fields.map(\.name) == ["key", "value"]
        for (index, field) in message.schema.fields.enumerated() {
            // Entries need both halves: what an absent value means is for its own test.
            guard isEntry || Int.random(in: 0..<4, using: &generator) == 0 else { continue }
            let count = field.isRepeated ? Int.random(in: 0..<3, using: &generator) : 1
            for _ in 0..<count where message.conflict(with: field, at: index) == nil {
                message.append(value(of: field.kind, depth: depth), at: .none, toFieldAt: index)
            }
        }
        return message
    }

    private mutating func value(of kind: FieldKind, depth: Int) -> DynamicValue {
        switch kind {
        case .bool: return .bool(.random(using: &generator))
        case .int32:
            return .signed([0, 1, -1, .init(Int32.max), .init(Int32.min), 8].randomElement(using: &generator)!)
        case .int64: return .signed([0, 1, -1, .max, .min, 224].randomElement(using: &generator)!)
        case .uint32: return .unsigned([0, 1, UInt64(UInt32.max), 100].randomElement(using: &generator)!)
        case .uint64: return .unsigned([0, 1, .max, 1 << 53, 100].randomElement(using: &generator)!)
        case .float:
            let random = Float(bitPattern: UInt32.random(in: 0..<0x7F80_0000, using: &generator))
            return .float([0, 1, 0.5, -0.25, 1e20, .infinity, -.infinity, random].randomElement(using: &generator)!)
        case .double:
            let random = Double(bitPattern: UInt64.random(in: 0..<0x7FF0_0000_0000_0000, using: &generator))
            return .double([0, 1, 0.1, -1e300, 1e15, .infinity, random].randomElement(using: &generator)!)
        case .string: return .string(string())
        case .enumeration(let index):
            return .enumeration(ConfigSchema.shared.enums[index].values.randomElement(using: &generator)!.number)
        case .message(let index): return .message(message(of: index, depth: depth + 1))
        }
    }

    private mutating func string() -> String {
        let pieces = [
            "INPUT0", "", "a b", "\"", "\\", "'", "\n", "\t", "\r", "\u{1}", "\u{7F}", "é", "日本", "🛡️", "\\n", "#", "{",
            "7",
        ]
        let count = Int.random(in: 0..<4, using: &generator)
        return (0..<count).map { _ in pieces.randomElement(using: &generator)! }.joined()
    }
}
