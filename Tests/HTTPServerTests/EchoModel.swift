// SPDX-License-Identifier: Apache-2.0
import Inference
import Synchronization

/// Answers each request with its own input, at once from another thread, or when the test says so.
final class EchoModel: ServableModel {
    let name: String
    let version: Int64 = 1
    let inputs = [TensorSpec(name: "INPUT", dataType: .uint8, shape: [-1])]
    let outputs = [TensorSpec(name: "OUTPUT", dataType: .uint8, shape: [-1])]
    let maxBatchSize = 0
    let isDecoupled: Bool
    private let holdsBack: Bool
    private let waiting = Mutex<[(request: InferenceRequest, sink: any ResponseSink)]>([])

    init(name: String, holdsBack: Bool = false, isDecoupled: Bool = false) {
        self.name = name
        self.holdsBack = holdsBack
        self.isDecoupled = isDecoupled
    }

    func infer(_ request: InferenceRequest, sink: any ResponseSink) {
        if holdsBack {
            waiting.withLock { $0.append((request, sink)) }
        } else {
            Task.detached { sink.receive(Self.echo(request)) }
        }
    }

    var requests: [InferenceRequest] { waiting.withLock { $0.map(\.request) } }

    func answerAll() {
        let answered = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for (request, sink) in answered { sink.receive(Self.echo(request)) }
    }

    private static func echo(_ request: InferenceRequest) -> ResponseEvent {
        let outputs = request.fields.inputs.map {
            OutputTensor(name: "OUTPUT", dataType: $0.dataType, shape: $0.shape, bytes: $0.bytes)
        }
        return .response(InferenceResponse(outputs: outputs), isFinal: true)
    }
}

struct EchoService: InferenceService {
    let echo = EchoModel(name: "echo")
    let held = EchoModel(name: "held", holdsBack: true)
    let decoupled = EchoModel(name: "decoupled", isDecoupled: true)
    let stream = StreamModel()

    func model(named name: String, version: Int64?) throws(ServingError) -> any ServableModel {
        switch name {
        case "echo": echo
        case "held": held
        case "decoupled": decoupled
        case "stream": stream
        default: throw ServingError(.notFound, "Request for unknown model: '\(name)' is not found")
        }
    }
}

struct EchoControl: ModelControl {
    var isLive: Bool { true }
    var isReady: Bool { true }
    var isExiting: Bool { false }

    func isModelReady(named name: String, version: Int64?) throws(ServingError) -> Bool { name == "echo" }

    func metadata(ofModel name: String, version: Int64?) throws(ServingError) -> ModelMetadata {
        ModelMetadata(name: name, versions: [1], platform: "identity", inputs: [], outputs: [])
    }

    func configurationJSON(ofModel name: String, version: Int64?) throws(ServingError) -> String {
        "{\"name\":\"\(name)\"}"
    }

    func statistics(ofModel name: String?, version: Int64?) throws(ServingError) -> [ModelStatisticsSnapshot] { [] }
    func repositoryIndex(readyOnly: Bool) async -> [RepositoryIndexEntry] { [] }

    func load(model name: String, parameters: LoadParameters) async throws(ServingError) {
        throw ServingError(
            .unavailable,
            "explicit model load / unload is not allowed if polling is enabled"
        )
    }

    func unload(model name: String, includingDependents: Bool) async throws(ServingError) {}
}
