// SPDX-License-Identifier: Apache-2.0
import Foundation
import InferenceProtos
import SwiftProtobuf
import TestSupport
import Testing

/// `Fixtures/` holds what the descriptors in PyPI's wheels declare.
@Suite struct DescriptorTests {
    @Test(arguments: [
        ("tritonclient-2.73.0-grpc_service", "grpc_service.proto", "inference"),
        ("grpcio-health-checking-1.81.1", "grpc/health/v1/health.proto", "grpc.health.v1"),
        ("grpcio-reflection-1.81.1", "grpc/reflection/v1alpha/reflection.proto", "grpc.reflection.v1alpha"),
    ])
    func declarationsAreThoseOfTheField(fixture: String, path: String, package: String) throws {
        let ours = try declarations(path, package: package)
        let theirs = try read(fixture)
        #expect(Set(ours.keys) == Set(theirs.keys))
        for (name, lines) in theirs { #expect(ours[name] == lines, "\(name)") }
    }

    /// One generated code serves both, because on the wire they are one.
    @Test func reflectionsVersionsDifferInThePackageOnly() throws {
        let old = try declarations("grpc/reflection/v1alpha/reflection.proto", package: "grpc.reflection.v1alpha")
        let new = try declarations("grpc/reflection/v1/reflection.proto", package: "grpc.reflection.v1")
        #expect(new == old.mapValues { $0.map { $0.replacing(".v1alpha.", with: ".v1.") } })
    }

    private func declarations(_ path: String, package: String) throws -> [String: [String]] {
        let set = try Google_Protobuf_FileDescriptorSet(serializedBytes: InferenceProtos.descriptorSet)
        let file = try #require(set.file.first { $0.name == path })
        #expect(file.package == package)
        #expect(file.syntax == "proto3")
        return describe(file)
    }

    private func read(_ fixture: String) throws -> [String: [String]] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(fixture).json")
        return try JSONDecoder().decode([String: [String]].self, from: Data(contentsOf: file))
    }
}
