// SPDX-License-Identifier: Apache-2.0
import InferenceProtos
import KServeClient
import ModelRepository
import SwiftProtobuf

extension ServerClient {
    /// The completed configuration as the JSON that HTTP answers.
    func configuration(ofModel model: String, version: String?) async throws(ClientError) -> JSONValue {
        switch self {
        case .http(let client): return try await client.configuration(ofModel: model, version: version)
        case .grpc(let client):
            let message = try await client.configuration(ofModel: model, version: version)
            guard let configuration = try? Inference_ModelConfig(serializedBytes: message),
                let document = try? JSONReader.parse(Array(ModelConfigJSON.print(configuration).utf8))
            else { throw .badAnswer("it is no model configuration") }
            return document
        }
    }
}
