// SPDX-License-Identifier: Apache-2.0
package import Inference

/// A `ModelInferRequest`: tensors travel as raw bytes, in the order of the inputs.
package struct ModelInferMessage: Sendable {
    package var modelName: String
    package var modelVersion: String?
    package var id = ""
    /// Booleans, integers, numbers and text.
    package var parameters: [JSONMember] = []
    package var inputs: [ClientTensor]
    package var outputs: [RequestedOutput] = []

    package init(modelName: String, modelVersion: String? = nil, inputs: [ClientTensor]) {
        self.modelName = modelName
        self.modelVersion = modelVersion
        self.inputs = inputs
    }

    /// A request that a user wrote as the JSON of KServe v2.
    package init(
        modelName: String,
        modelVersion: String?,
        document: JSONValue
    ) throws(ClientError) {
        self.init(
            modelName: modelName,
            modelVersion: modelVersion,
            inputs: try InferenceMessage.inputs(ofRequest: document)
        )
        id = document["id"]?.text ?? ""
        // It is about JSON and bytes over HTTP.
        parameters = (document["parameters"]?.members ?? []).filter { $0.name != "binary_data_output" }
        for output in document["outputs"]?.elements ?? [] {
            guard let name = output["name"]?.text else { throw .badInput("an output has no \"name\"") }
            let classes = output["parameters"]?["classification"]?.int64 ?? 0
            outputs.append(RequestedOutput(name: name, classificationCount: Int(classes)))
        }
    }

    /// - Throws: ``ClientError/badInput(_:)`` for a parameter that the protocol cannot carry.
    package func serialized() throws(ClientError) -> [UInt8] {
        for parameter in parameters where !Self.isParameter(parameter.value) {
            throw .badInput("parameter '\(parameter.name)' is neither a boolean, a number nor text")
        }
        var writer = ProtobufWriter()
        writer.append(1, text: modelName)
        writer.append(2, text: modelVersion ?? "")
        writer.append(3, text: id)
        for parameter in parameters { Self.append(parameter, as: 4, to: &writer) }
        for input in inputs {
            writer.append(5) { message in
                message.append(1, text: input.name)
                message.append(2, text: input.dataType.wireName)
                message.append(3, packed: input.shape)
            }
        }
        for output in outputs {
            writer.append(6) { message in
                message.append(1, text: output.name)
                guard output.classificationCount > 0 else { return }
                let count = JSONMember("classification", .integer(Int64(output.classificationCount)))
                Self.append(count, as: 2, to: &message)
            }
        }
        for input in inputs { writer.append(7, bytes: input.bytes) }
        return writer.bytes
    }

    private static func isParameter(_ value: JSONValue) -> Bool {
        switch value {
        case .bool, .integer, .unsigned, .number, .string: true
        case .null, .array, .object: false
        }
    }

    private static func append(_ parameter: JSONMember, as field: Int, to writer: inout ProtobufWriter) {
        writer.append(field) { entry in
            entry.append(1, text: parameter.name)
            entry.append(2) { value in
                switch parameter.value {
                case .bool(let flag): value.append(1, choice: flag)
                case .integer(let number): value.append(2, choice: UInt64(bitPattern: number))
                case .string(let text): value.append(3, bytes: text.utf8)
                case .number(let number): value.append(4, choice: number)
                case .unsigned(let number): value.append(5, choice: number)
                case .null, .array, .object: break
                }
            }
        }
    }
}
