// SPDX-License-Identifier: Apache-2.0
internal import InferenceProtos
internal import SwiftProtobuf

/// The descriptors of every file, by file name and by the full names of what they declare.
struct DescriptorIndex: Sendable {
    private struct File {
        var serialized: [UInt8]
        var imports: [String]
    }

    private var files: [String: File] = [:]
    private var fileOfSymbol: [String: String] = [:]
    private var messages: Set<String> = []
    /// Full names, sorted.
    private(set) var services: [String] = []

    /// Those of the protocols that the server speaks.
    static let shared = DescriptorIndex(descriptorSet: InferenceProtos.descriptorSet)

    /// - Parameter descriptorSet: a serialized `google.protobuf.FileDescriptorSet`.
    init(descriptorSet: [UInt8]) {
        guard let set = try? Google_Protobuf_FileDescriptorSet(serializedBytes: descriptorSet) else {
            preconditionFailure("the generated descriptor set is no FileDescriptorSet")
        }
        for file in set.file { add(file) }
        services.sort()
    }

    private mutating func add(_ file: Google_Protobuf_FileDescriptorProto) {
        guard let serialized: [UInt8] = try? file.serializedBytes() else { return }
        files[file.name] = File(serialized: serialized, imports: file.dependency)
        let scope = file.package.isEmpty ? "" : file.package + "."
        for type in file.messageType { add(type, scope, file.name) }
        for type in file.enumType { add(type, scope, file.name) }
        for service in file.service {
            services.append(scope + service.name)
            fileOfSymbol[scope + service.name] = file.name
            for method in service.method { fileOfSymbol[scope + service.name + "." + method.name] = file.name }
        }
    }

    private mutating func add(_ type: Google_Protobuf_DescriptorProto, _ scope: String, _ file: String) {
        let name = scope + type.name
        fileOfSymbol[name] = file
        messages.insert(name)
        for field in type.field { fileOfSymbol[name + "." + field.name] = file }
        for oneof in type.oneofDecl { fileOfSymbol[name + "." + oneof.name] = file }
        for nested in type.nestedType { add(nested, name + ".", file) }
        for nested in type.enumType { add(nested, name + ".", file) }
    }

    /// Values of an enum are named beside it, not within it.
    private mutating func add(_ type: Google_Protobuf_EnumDescriptorProto, _ scope: String, _ file: String) {
        fileOfSymbol[scope + type.name] = file
        for value in type.value { fileOfSymbol[scope + value.name] = file }
    }

    func file(declaring symbol: String) -> String? { fileOfSymbol[symbol] }

    func isMessage(_ name: String) -> Bool { messages.contains(name) }

    /// Serialized descriptors of a file and all that it imports, itself first; `nil` if there is no such file.
    func closure(of name: String) -> [[UInt8]]? {
        guard files[name] != nil else { return nil }
        var found: [[UInt8]] = []
        var seen: Set<String> = []
        var waiting = [name]
        while let next = waiting.popLast() {
            guard seen.insert(next).inserted, let file = files[next] else { continue }
            found.append(file.serialized)
            waiting += file.imports
        }
        return found
    }
}
