// SPDX-License-Identifier: Apache-2.0

/// One answer on a stream.
package enum StreamedAnswer: Sendable {
    case response(InferenceAnswer, isFinal: Bool)
    /// The request failed; the stream goes on.
    case failed(String)
}

/// `ModelStreamInfer` with one request: its answers one by one, as many as the model gives.
package struct InferenceStream: Sendable {
    package static let finalParameter = "triton_final_response"
    /// Asks for an answer that says only that it is the last, where the last of a decoupled model would say nothing.
    package static let emptyFinalParameter = "triton_enable_empty_final_response"

    private let call: GRPCCall
    private let apiKey: APIKey?
    private var isEnding = false

    package init(_ client: GRPCInferenceClient, _ message: ModelInferMessage) async throws(ClientError) {
        var message = message
        if !message.parameters.contains(where: { $0.name == Self.emptyFinalParameter }) {
            message.parameters.append(JSONMember(Self.emptyFinalParameter, .bool(true)))
        }
        let connection = client.connection
        apiKey = connection.settings.apiKey
        call = try await connection.call(
            GRPCInferenceClient.path("ModelStreamInfer"),
            timeoutSeconds: connection.settings.timeoutSeconds
        )
        try await call.send(message.serialized())
    }

    /// The next answer; `nil` once the stream has ended well, which it is asked to after the final answer.
    package mutating func next() async throws(ClientError) -> StreamedAnswer? {
        guard let bytes = try await call.next() else { return nil }
        let answer = try StreamedAnswer(modelStreamInferResponse: bytes)
        // A server that does not mark its answers has no other way to say which is the last.
        if !isEnding, answer.endsRequest {
            isEnding = true
            try await call.halfClose()
        }
        if case .failed(let reason) = answer { return .failed(apiKey.redacted(reason)) }
        return answer
    }
}

extension StreamedAnswer {
    init(modelStreamInferResponse message: [UInt8]) throws(ClientError) {
        var error = ""
        var response: ArraySlice<UInt8> = []
        var reader = ProtobufReader(message)
        while let field = try reader.next() {
            if field.number == 1 { error = try field.value.text() }
            if field.number == 2 { response = try field.value.content() }
        }
        guard error.isEmpty else {
            self = .failed(error)
            return
        }
        let answer = try InferenceAnswer(modelInferResponse: response)
        self = .response(
            answer,
            isFinal: answer.header["parameters"]?[InferenceStream.finalParameter] != .bool(false)
        )
    }

    fileprivate var endsRequest: Bool {
        switch self {
        case .response(_, let isFinal): isFinal
        case .failed: true
        }
    }
}
