// SPDX-License-Identifier: Apache-2.0
import Inference
import Synchronization

/// A decoupled model that answers when the test says so, or at once with what its input asks for.
final class StreamModel: ServableModel {
    let name = "stream"
    let version: Int64 = 1
    /// `COUNT` responses are given at once; without it none are.
    let inputs = [
        TensorSpec(name: "TEXT", dataType: .bytes, shape: [1], isOptional: true),
        TensorSpec(name: "COUNT", dataType: .int32, shape: [1], isOptional: true),
        TensorSpec(name: "HALF", dataType: .fp16, shape: [-1], isOptional: true),
    ]
    let outputs = [TensorSpec(name: "OUT", dataType: .int32, shape: [-1])]
    let maxBatchSize = 0
    let isDecoupled = true
    private let asked = Mutex<[(request: InferenceRequest, sink: any ResponseSink)]>([])

    func infer(_ request: InferenceRequest, sink: any ResponseSink) {
        if request.fields.id == "refused" {
            return sink.receive(.failed(ServingError(.unavailable, "refused", reason: .rejected)))
        }
        asked.withLock { $0.append((request, sink)) }
        guard let count = request.fields.inputs.first(where: { $0.name == "COUNT" }) else { return }
        let responses = count.bytes.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
        Task.detached {
            for index in 0..<responses { sink.receive(.response(Self.response([index]), isFinal: false)) }
            sink.receive(.completed)
        }
    }

    static func response(_ values: [Int32], parameters: [Parameter] = []) -> InferenceResponse {
        InferenceResponse(
            outputs: [
                OutputTensor(
                    name: "OUT",
                    dataType: .int32,
                    shape: [Int64(values.count)],
                    bytes: values.withUnsafeBytes { TensorBytes(copying: $0) }
                )
            ],
            parameters: parameters
        )
    }

    var requests: [InferenceRequest] { asked.withLock { $0.map(\.request) } }
    var sinks: [any ResponseSink] { asked.withLock { $0.map(\.sink) } }

    func send(_ event: ResponseEvent) { sinks.last?.receive(event) }
}

func generateRequest(_ json: String, model: String = "stream", streams: Bool = false, headers: String = "") -> String {
    "POST /v2/models/\(model)/generate\(streams ? "_stream" : "") HTTP/1.1\r\nHost: h\r\n\(headers)"
        + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)"
}
