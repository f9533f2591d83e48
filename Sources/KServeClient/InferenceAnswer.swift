// SPDX-License-Identifier: Apache-2.0
private import Inference

/// An inference response with its tensors, whichever way they travelled.
package struct InferenceAnswer: Sendable {
    package var modelName: String
    package var modelVersion: String
    package var id: String?
    package var outputs: [ClientTensor]
    /// The JSON part as it came; over gRPC, all but the tensors as the same JSON.
    package var header: JSONValue

    init(modelName: String, modelVersion: String, id: String?, outputs: [ClientTensor], header: JSONValue) {
        self.modelName = modelName
        self.modelVersion = modelVersion
        self.id = id
        self.outputs = outputs
        self.header = header
    }

    /// - Parameter headerLength: the value of `Inference-Header-Content-Length`, if the server sent one.
    /// - Throws: ``ClientError/badAnswer(_:)`` naming the output that does not add up.
    package init(headerLength: Int?, body: [UInt8]) throws(ClientError) {
        let length = headerLength ?? body.count
        guard length >= 0, length <= body.count else {
            throw .badAnswer("its header is said to have \(length) bytes, but all of it has \(body.count)")
        }
        do throws(JSONError) {
            header = try JSONReader.parse(Array(body[..<length]))
        } catch {
            throw .badAnswer("\(error)")
        }
        guard let described = header["outputs"]?.elements else { throw .badAnswer("no \"outputs\"") }
        modelName = header["model_name"]?.text ?? ""
        modelVersion = header["model_version"]?.text ?? ""
        id = header["id"]?.text
        outputs = []
        var tensorBytes = body[length...]
        for output in described { outputs.append(try Self.tensor(output, from: &tensorBytes)) }
        guard tensorBytes.isEmpty else { throw .badAnswer("\(tensorBytes.count) bytes belong to no output") }
    }

    private static func tensor(
        _ output: JSONValue,
        from bytes: inout ArraySlice<UInt8>
    ) throws(ClientError) -> ClientTensor {
        guard let name = output["name"]?.text else { throw .badAnswer("an output has no name") }
        guard let typeName = output["datatype"]?.text, let type = DataType(wireName: typeName) else {
            throw .badAnswer("output '\(name)' has no known datatype")
        }
        guard let shape = output["shape"]?.dimensions else { throw .badAnswer("output '\(name)' has no shape") }
        if let data = output["data"] {
            do throws(ClientError) {
                return try ClientTensor(name: name, dataType: type, shape: shape, data: data)
            } catch {
                throw .badAnswer("\(error)")
            }
        }
        guard let size = output["parameters"]?["binary_data_size"]?.int64, let size = Int(exactly: size) else {
            throw .badAnswer("output '\(name)' has neither data nor binary_data_size")
        }
        guard size >= 0, size <= bytes.count else {
            throw .badAnswer("output '\(name)' is said to have \(size) bytes, but \(bytes.count) are left")
        }
        defer { bytes = bytes.dropFirst(size) }
        return ClientTensor(name: name, dataType: type, shape: shape, bytes: Array(bytes.prefix(size)))
    }
}
