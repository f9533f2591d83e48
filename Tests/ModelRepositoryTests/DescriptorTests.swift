// SPDX-License-Identifier: Apache-2.0
import Foundation
import InferenceProtos
import SwiftProtobuf
import Testing

/// `Fixtures/` holds the messages of PyPI's tritonclient, taken from the descriptors in its wheel.
@Suite struct DescriptorTests {
    @Test func messagesAreThoseOfTritonclient() throws {
        let fixture = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/tritonclient-2.73.0-model_config.json")
        let theirs = try JSONDecoder().decode([String: [String]].self, from: Data(contentsOf: fixture))
        let set = try Google_Protobuf_FileDescriptorSet(serializedBytes: InferenceProtos.descriptorSet)
        let file = try #require(set.file.first { $0.name == "model_config.proto" })
        #expect(file.package == "inference")
        #expect(file.syntax == "proto3")
        let ours = describe(file)
        #expect(Set(ours.keys) == Set(theirs.keys))
        for (name, lines) in theirs { #expect(ours[name] == lines, "\(name)") }
    }

    private func describe(_ file: Google_Protobuf_FileDescriptorProto) -> [String: [String]] {
        var types: [String: [String]] = [:]
        for type in file.enumType { describe(type, within: "", into: &types) }
        for type in file.messageType { describe(type, within: "", into: &types) }
        return types
    }

    private func describe(
        _ type: Google_Protobuf_EnumDescriptorProto,
        within scope: String,
        into types: inout [String: [String]]
    ) {
        types["enum \(scope)\(type.name)"] = type.value.map { "\($0.name) = \($0.number)" }
    }

    private func describe(
        _ type: Google_Protobuf_DescriptorProto,
        within scope: String,
        into types: inout [String: [String]]
    ) {
        let kind = type.options.mapEntry ? "entry" : "message"
        types["\(kind) \(scope)\(type.name)"] = type.field.map { field in
            let typeName = field.typeName.isEmpty ? "" : " " + field.typeName
            let oneof = field.hasOneofIndex ? " oneof " + type.oneofDecl[Int(field.oneofIndex)].name : ""
            return "\(field.label) \(field.type)\(typeName) \(field.name) = \(field.number)\(oneof)"
        }
        for nested in type.enumType { describe(nested, within: scope + type.name + ".", into: &types) }
        for nested in type.nestedType { describe(nested, within: scope + type.name + ".", into: &types) }
    }
}
