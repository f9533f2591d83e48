// SPDX-License-Identifier: Apache-2.0
package import Inference

/// The bytes of an inference request and the headers that say how to read them.
package struct InferenceMessage: Sendable, Equatable {
    package enum Encoding: String, Sendable { case json, binary }

    /// `Inference-Header-Content-Length`: where the JSON ends and tensor bytes begin; `nil` if all of it is JSON.
    package var headerLength: Int?
    package var body: [UInt8]

    package static let headerLengthName = "Inference-Header-Content-Length"

    package init(headerLength: Int? = nil, body: [UInt8]) {
        self.headerLength = headerLength
        self.body = body
    }

    /// - Parameter outputs: empty for all outputs as plain tensors; otherwise only these, the `k` best classes where
    ///   `classes` is above 0.
    package init(
        inputs: [ClientTensor],
        outputs: [RequestedOutput] = [],
        encoding: Encoding,
        id: String = ""
    ) throws(ClientError) {
        var described: [JSONValue] = []
        for input in inputs { described.append(try Self.describe(input, encoding: encoding)) }
        var members: [JSONMember] = []
        if !id.isEmpty { members.append(JSONMember("id", .string(id))) }
        members.append(JSONMember("inputs", .array(described)))
        if !outputs.isEmpty {
            members.append(JSONMember("outputs", .array(outputs.map { Self.describe($0, encoding: encoding) })))
        } else if encoding == .binary {
            let everyOutput = JSONMember("binary_data_output", .bool(true))
            members.append(JSONMember("parameters", .object([everyOutput])))
        }
        body = Array(JSONValue.object(members).compactText.utf8)
        headerLength = nil
        guard encoding == .binary else { return }
        headerLength = body.count
        for input in inputs { body += input.bytes }
    }

    package var headers: [(String, String)] {
        guard let headerLength else { return [("Content-Type", "application/json")] }
        return [
            ("Content-Type", "application/octet-stream"), (Self.headerLengthName, String(headerLength)),
        ]
    }

    private static func describe(_ input: ClientTensor, encoding: Encoding) throws(ClientError) -> JSONValue {
        var members = [
            JSONMember("name", .string(input.name)), JSONMember("shape", .array(input.shape.map { .integer($0) })),
            JSONMember("datatype", .string(input.dataType.wireName)),
        ]
        switch encoding {
        case .binary:
            let size = JSONMember("binary_data_size", .integer(Int64(input.bytes.count)))
            members.append(JSONMember("parameters", .object([size])))
        case .json:
            guard input.dataType != .fp16, input.dataType != .bf16 else {
                throw .badInput("'\(input.name)' is \(input.dataType.wireName), which JSON cannot carry: use --binary")
            }
            members.append(JSONMember("data", .array(try input.elements())))
        }
        return .object(members)
    }

    private static func describe(_ output: RequestedOutput, encoding: Encoding) -> JSONValue {
        var parameters = [JSONMember("binary_data", .bool(encoding == .binary))]
        if output.classificationCount > 0 {
            parameters.append(JSONMember("classification", .integer(Int64(output.classificationCount))))
        }
        return .object([
            JSONMember("name", .string(output.name)), JSONMember("parameters", .object(parameters)),
        ])
    }
}

extension InferenceMessage {
    /// The inputs of a request that a user wrote as JSON, so that it can be sent in either encoding.
    package static func inputs(ofRequest document: JSONValue) throws(ClientError) -> [ClientTensor] {
        guard let inputs = document["inputs"]?.elements, !inputs.isEmpty else {
            throw .badInput("the request has no \"inputs\"")
        }
        var tensors: [ClientTensor] = []
        for input in inputs {
            guard let name = input["name"]?.text else { throw .badInput("an input has no \"name\"") }
            guard let typeName = input["datatype"]?.text, let type = DataType(wireName: typeName) else {
                throw .badInput("input '\(name)' has no known \"datatype\"")
            }
            guard let shape = input["shape"]?.dimensions else {
                throw .badInput("input '\(name)' has no \"shape\" of integers")
            }
            guard let data = input["data"] else { throw .badInput("input '\(name)' has no \"data\"") }
            tensors.append(try ClientTensor(name: name, dataType: type, shape: shape, data: data))
        }
        return tensors
    }
}

extension JSONValue {
    /// An array of integers as the protocol writes shapes; `nil` if it is anything else.
    package var dimensions: [Int64]? {
        guard let elements else { return nil }
        let dimensions = elements.compactMap(\.int64)
        return dimensions.count == elements.count ? dimensions : nil
    }
}
