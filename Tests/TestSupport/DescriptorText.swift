// SPDX-License-Identifier: Apache-2.0
package import SwiftProtobuf

/// What a `.proto` declares, line by line, so that it can be compared with what another one does: by the kind and name
/// of each type and service.
package func describe(_ file: Google_Protobuf_FileDescriptorProto) -> [String: [String]] {
    var types: [String: [String]] = [:]
    for type in file.enumType { describe(type, within: "", into: &types) }
    for type in file.messageType { describe(type, within: "", into: &types) }
    for service in file.service {
        types["service \(service.name)"] = service.method.map { method in
            let input = (method.clientStreaming ? "stream " : "") + method.inputType
            let output = (method.serverStreaming ? "stream " : "") + method.outputType
            return "\(method.name)(\(input)) returns (\(output))"
        }
    }
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
