// SPDX-License-Identifier: Apache-2.0
import KServeClient

/// A request before it is known to whom it goes. The body is a message where the path is a method of gRPC.
struct BenchRequest: Sendable {
    var path: String
    var headers: [(String, String)]
    var body: [UInt8]
    var isStreaming = false

    /// A file as it is.
    init(path: String, headers: [(String, String)], body: [UInt8], isStreaming: Bool = false) {
        self.path = path
        self.headers = headers
        self.body = body
        self.isStreaming = isStreaming
    }

    init(http message: ModelInferMessage, encoding: InferenceMessage.Encoding) throws(ClientError) {
        let infer = try InferenceMessage(inputs: message.inputs, encoding: encoding)
        path = KServeClient.path(ofModel: message.modelName, version: message.modelVersion) + "/infer"
        headers = infer.headers
        body = infer.body
    }

    init(grpc message: ModelInferMessage, isStreaming: Bool) throws(ClientError) {
        var message = message
        if isStreaming {
            // Otherwise nothing tells that a request of a decoupled model has had its last answer.
            message.parameters.append(JSONMember(InferenceStream.emptyFinalParameter, .bool(true)))
        }
        path = Self.method(isStreaming: isStreaming)
        headers = []
        body = try message.serialized()
        self.isStreaming = isStreaming
    }

    static func method(isStreaming: Bool) -> String {
        GRPCInferenceClient.path(isStreaming ? "ModelStreamInfer" : "ModelInfer")
    }
}
