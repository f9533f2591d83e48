// SPDX-License-Identifier: Apache-2.0

/// Files for the examples of rules, made of what their formats are made of.
enum ExampleBytes {
    static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// A pickle that would run `id`.
    static let pickle = text("cos\nsystem\n(S'id'\ntR.")

    /// In gzip, not made smaller.
    static func gzip(_ content: [UInt8]) -> [UInt8] {
        func little(_ value: UInt32, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
        }
        let length = little(UInt32(content.count), 2)
        let checksum = ~content.reduce(~UInt32(0)) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { bits, _ in bits >> 1 ^ (bits & 1 == 0 ? 0 : 0xEDB8_8320) }
        }
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + length + length.map { ~$0 } + content + little(checksum, 4)
            + little(UInt32(content.count), 4)
    }

    static let elf: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 56)

    /// A field of a protobuf message, of fewer than 16,384 bytes.
    static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        [number << 3 | 2] + length(content.count) + content
    }

    static func field(_ number: UInt8, _ content: String) -> [UInt8] { field(number, text(content)) }

    static func field(_ number: UInt8, _ value: UInt8) -> [UInt8] { [number << 3, value] }

    private static func length(_ count: Int) -> [UInt8] {
        count < 128 ? [UInt8(count)] : [UInt8(count & 0x7F | 0x80), UInt8(count >> 7 & 0x7F)]
    }

    /// A model of one node that copies its input.
    /// - Parameters:
    ///   - node: fields of the node besides its own.
    ///   - graph: fields of the graph besides its own.
    static func onnx(node: [UInt8] = [], graph: [UInt8] = []) -> [UInt8] {
        let copy = field(1, "x") + field(2, "y") + field(4, "Identity") + node
        return field(1, 8) + field(7, field(1, copy) + field(2, "g") + graph) + field(8, field(2, 13))
    }

    /// A float tensor of two elements in a file beside the model.
    static func external(_ location: String) -> [UInt8] {
        let entry = field(1, "location") + field(2, location)
        return field(5, field(1, 2) + field(2, 1) + field(8, "w") + field(13, entry) + [14 << 3, 1])
    }

    static func npy(_ type: String, count: Int, _ content: [UInt8]) -> [UInt8] {
        let header = text("{'descr': '\(type)', 'fortran_order': False, 'shape': (\(count),), }\n")
        return NumPyInspector.magic + [1, 0, UInt8(header.count & 0xFF), UInt8(header.count >> 8)] + header + content
    }

    static func safetensors(_ header: String, _ content: [UInt8]) -> [UInt8] {
        [UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8), 0, 0, 0, 0, 0, 0] + text(header) + content
    }

    static let goodSafetensors = safetensors(
        #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
        [UInt8](repeating: 0, count: 8)
    )

    /// A SavedModel of one operation.
    static func savedModel(_ operation: String) -> [UInt8] {
        let node = field(1, "n") + field(2, operation)
        return field(1, 1) + field(2, field(2, field(1, node)))
    }
}

extension RuleExample {
    /// A model's directory with one file in its first version.
    static func model(_ name: String, _ content: [UInt8], beside others: [String: [UInt8]] = [:]) -> RuleExample {
        var files = ["models/m/config.pbtxt": ExampleBytes.text("name: \"m\"\n"), "models/m/1/\(name)": content]
        for (name, content) in others { files["models/m/1/\(name)"] = content }
        return RuleExample(files)
    }

    static func model(_ name: String, _ content: String) -> RuleExample { model(name, ExampleBytes.text(content)) }
}
