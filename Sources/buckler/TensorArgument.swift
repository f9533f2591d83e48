// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Inference
import KServeClient

/// `NAME=VALUE` or `NAME=@FILE`
struct TensorArgument: ExpressibleByArgument, Equatable {
    var name: String
    var value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else { return nil }
        name = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }

    /// - Parameter shape: in place of what the model declares or the file says.
    func tensor(metadata: JSONValue, shape: [Int64]?) throws(ClientError) -> ClientTensor {
        let declared = metadata["inputs"]?.elements ?? []
        guard let input = declared.first(where: { $0["name"]?.text == name }) else {
            let names = declared.compactMap { $0["name"]?.text }.joined(separator: ", ")
            throw .badInput("the model has no input '\(name)'; it has: \(names.isEmpty ? "none named" : names)")
        }
        guard let typeName = input["datatype"]?.text, let type = DataType(wireName: typeName),
            let modelShape = input["shape"]?.dimensions
        else { throw .badAnswer("the model's metadata gives '\(name)' no datatype or shape") }
        if value.hasPrefix("@"), value.hasSuffix(".npy") {
            let array = try NPYFile(InputFile.read(String(value.dropFirst())))
            return ClientTensor(
                name: name,
                dataType: array.dataType,
                shape: shape ?? array.shape,
                bytes: array.bytes
            )
        }
        let data = try data(of: type)
        if let shape { return try ClientTensor(name: name, dataType: type, shape: shape, data: data) }
        let resolved = try Self.resolve(modelShape, count: Self.leafCount(data), name: name)
        return try ClientTensor(name: name, dataType: type, shape: resolved, data: data)
    }

    private func data(of type: DataType) throws(ClientError) -> JSONValue {
        if value.hasPrefix("@") { return try InputFile.document(String(value.dropFirst())) }
        if type == .bytes { return .array(value.split(separator: ",").map { .string(String($0)) }) }
        let text = value.hasPrefix("[") ? value : "[\(value)]"
        do throws(JSONError) {
            return try JSONReader.parse(Array(text.utf8))
        } catch {
            throw .badInput("'\(value)' is no list of \(type.wireName) values for '\(name)'")
        }
    }

    private static func leafCount(_ value: JSONValue) -> Int {
        value.elements?.reduce(0) { $0 + leafCount($1) } ?? 1
    }

    /// Fills in the dimensions that the model leaves open: the innermost takes what the elements need, the others are 1.
    static func resolve(_ shape: [Int64], count: Int, name: String) throws(ClientError) -> [Int64] {
        guard let open = shape.lastIndex(where: { $0 < 0 }) else { return shape }
        var resolved = shape.map { $0 < 0 ? 1 : $0 }
        guard let fixed = Shape(resolved).elementCount, fixed > 0, count % fixed == 0 else {
            throw .badInput("\(count) elements do not fill shape \(Shape(shape)) of '\(name)'; use --shape")
        }
        resolved[open] = Int64(count / fixed)
        return resolved
    }
}
