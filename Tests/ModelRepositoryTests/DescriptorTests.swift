// SPDX-License-Identifier: Apache-2.0
import Foundation
import InferenceProtos
import SwiftProtobuf
import TestSupport
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
}
