// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import GRPCServer
import Inference
import InferenceProtos
import NIOPosix
import SwiftProtobuf
import Testing
import Transport

/// The calls that are not inference, each over the layer's contract.
@Suite struct ControlCallTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func call<Answer: Message>(
        _ name: String,
        _ request: some Message,
        _ environment: KServeEnvironment? = nil,
        as type: Answer.Type
    ) async throws -> Answer {
        let environment = environment ?? .scripted(eventLoop: loop)
        let outcome = try await invoke(environment.method(name), try request.serializedBytes(), on: loop)
        #expect(outcome.done == [1])
        guard outcome.status == .ok else { throw outcome.status }
        #expect(outcome.sent.count == 1)
        return try Answer(serializedBytes: outcome.sent[0])
    }

    private func refusal(
        _ name: String,
        _ request: some Message,
        _ environment: KServeEnvironment? = nil
    ) async throws -> RPCStatus {
        let environment = environment ?? .scripted(eventLoop: loop)
        let outcome = try await invoke(environment.method(name), try request.serializedBytes(), on: loop)
        #expect(outcome.sent.isEmpty)
        #expect(outcome.done == [1])
        return outcome.status
    }

    @Test func everyMethodIsInTheTable() throws {
        let table = KServeMethods.table(.scripted(eventLoop: loop))
        let set = try Google_Protobuf_FileDescriptorSet(serializedBytes: InferenceProtos.descriptorSet)
        var declared: [String: RPCMethod.Kind] = [:]
        for file in set.file {
            for service in file.service {
                for method in service.method {
                    declared["/\(file.package).\(service.name)/\(method.name)"] =
                        method.clientStreaming ? .bidirectional : method.serverStreaming ? .serverStreaming : .unary
                }
            }
        }
        #expect(Dictionary(uniqueKeysWithValues: table.map { ($0.path, $0.kind) }) == declared)
        #expect(table.count == 24)
        let scopes = Dictionary(grouping: table, by: \.endpoint.scope).mapValues(\.count)
        #expect(scopes == [.infer: 2, .health: 3, .metadata: 8, .statistics: 1, .admin: 4, .sharedMemory: 6])
    }

    @Test func state() async throws {
        let control = ScriptedControl()
        let environment = KServeEnvironment.scripted(control: control, eventLoop: loop)
        let live = Inference_ServerLiveRequest()
        #expect(try await call("ServerLive", live, environment, as: Inference_ServerLiveResponse.self).live)
        let ready = Inference_ServerReadyRequest()
        #expect(try await call("ServerReady", ready, environment, as: Inference_ServerReadyResponse.self).ready)
        control.isReady = false
        #expect(try await !call("ServerReady", ready, environment, as: Inference_ServerReadyResponse.self).ready)
        control.isExiting = true
        #expect(try await refusal("ServerLive", live, environment) == RPCStatus(.unavailable, "Server exiting"))
        #expect(try await refusal("ServerReady", ready, environment) == RPCStatus(.unavailable, "Server exiting"))
    }

    @Test func modelReady() async throws {
        func request(_ name: String, _ version: String = "") -> Inference_ModelReadyRequest {
            .with {
                $0.name = name
                $0.version = version
            }
        }
        #expect(try await call("ModelReady", request("plain"), as: Inference_ModelReadyResponse.self).ready)
        #expect(try await !call("ModelReady", request("other"), as: Inference_ModelReadyResponse.self).ready)
        #expect(try await refusal("ModelReady", request("absent")).code == .notFound)
        #expect(try await refusal("ModelReady", request("plain", "x")).code == .invalidArgument)
        let environment = KServeEnvironment.scripted(gate: ScriptedGate(forbiddenModel: "plain"), eventLoop: loop)
        #expect(
            try await refusal("ModelReady", request("plain"), environment)
                == RPCStatus(.permissionDenied, "no metadata of plain")
        )
    }

    @Test func metadata() async throws {
        let server = try await call(
            "ServerMetadata",
            Inference_ServerMetadataRequest(),
            as: Inference_ServerMetadataResponse.self
        )
        #expect(server.name == "triton" && server.version == "1.2" && server.extensions == ServerExtensions.names)
        let request = Inference_ModelMetadataRequest.with { $0.name = "plain" }
        let model = try await call("ModelMetadata", request, as: Inference_ModelMetadataResponse.self)
        #expect(model.name == "plain" && model.versions == ["1", "3"] && model.platform == "identity")
        #expect(model.inputs.map(\.datatype) == ["BYTES"] && model.inputs[0].shape == [-1, 16])
        #expect(model.outputs.map(\.datatype) == ["BF16"])
    }

    @Test func configuration() async throws {
        let request = Inference_ModelConfigRequest.with { $0.name = "plain" }
        let config = try await call("ModelConfig", request, as: Inference_ModelConfigResponse.self).config
        #expect(config.name == "plain" && config.backend == "identity" && config.maxBatchSize == 8)
        #expect(config.versionPolicy.latest.numVersions == 1)
        #expect(config.input[0].dataType == .typeFp32 && config.input[0].dims == [-1, 9_007_199_254_740_993])
        #expect(config.instanceGroup[0].kind == .cpu && config.instanceGroup[0].count == 2)
        #expect(config.parameters["a"]?.stringValue == "b")
        #expect(config.modelTransactionPolicy.decoupled)
        #expect(
            try await refusal("ModelConfig", Inference_ModelConfigRequest.with { $0.name = "broken" })
                == RPCStatus(.internalError, "the configuration of model 'broken' cannot be read")
        )
    }

    @Test func statistics() async throws {
        let request = Inference_ModelStatisticsRequest.with {
            $0.name = "plain"
            $0.version = "2"
        }
        let models = try await call("ModelStatistics", request, as: Inference_ModelStatisticsResponse.self).modelStats
        let model = try #require(models.first)
        #expect(model.name == "plain" && model.version == "2")
        #expect(model.lastInference == 5 && model.inferenceCount == 7 && model.executionCount == 6)
        #expect(model.inferenceStats.success.count == 7 && model.inferenceStats.success.ns == 70)
        #expect(model.inferenceStats.cacheMiss.ns == 10 && model.inferenceStats.hasQueue)
        #expect(model.batchStats.map(\.batchSize) == [1, 4] && model.batchStats[1].computeInfer.ns == 20)
        #expect(model.responseStats["2"]?.cancel.count == 3)
        let all = try await call(
            "ModelStatistics",
            Inference_ModelStatisticsRequest(),
            as: Inference_ModelStatisticsResponse.self
        )
        #expect(all.modelStats.map(\.name) == ["all"])
    }

    @Test func repositoryIndex() async throws {
        let ready = Inference_RepositoryIndexRequest.with { $0.ready = true }
        let models = try await call("RepositoryIndex", ready, as: Inference_RepositoryIndexResponse.self).models
        #expect(models.map(\.name) == ["ready", "never loaded"])
        #expect(models[0].version == "2" && models[0].state == "UNAVAILABLE" && models[0].reason == "why")
        #expect(models[1].version.isEmpty && models[1].state.isEmpty)
        let named = Inference_RepositoryIndexRequest.with { $0.repositoryName = "r" }
        #expect(
            try await refusal("RepositoryIndex", named)
                == RPCStatus(.unimplemented, "'repository_name' specification is not supported")
        )
    }

    @Test func load() async throws {
        let control = ScriptedControl()
        let environment = KServeEnvironment.scripted(control: control, eventLoop: loop)
        var request = Inference_RepositoryModelLoadRequest.with { $0.modelName = "m" }
        request.parameters["config"] = .with { $0.stringParam = "{}" }
        request.parameters["file:1/model"] = .with { $0.bytesParam = .init([1, 2]) }
        _ = try await call("RepositoryModelLoad", request, environment, as: Inference_RepositoryModelLoadResponse.self)
        #expect(control.calls == ["load m {} 1/model=[1, 2]"])
    }

    @Test(
        arguments: [
            (
                "config", .with { $0.bytesParam = .init([1]) },
                "invalid value type for load parameter 'config', expected string_param."
            ),
            (
                "file:x", .with { $0.stringParam = "" },
                "invalid value type for load parameter 'file:x', expected bytes_param."
            ),
            ("file:x", .init(), "invalid value type for load parameter 'file:x', expected bytes_param."),
            ("other", .with { $0.stringParam = "" }, "unrecognized load parameter 'other'."),
        ] as [(String, Inference_ModelRepositoryParameter, String)]
    )
    func loadParameter(name: String, parameter: Inference_ModelRepositoryParameter, text: String) async throws {
        var request = Inference_RepositoryModelLoadRequest.with { $0.modelName = "m" }
        request.parameters[name] = parameter
        #expect(try await refusal("RepositoryModelLoad", request) == RPCStatus(.invalidArgument, text))
    }

    @Test func unload() async throws {
        let control = ScriptedControl()
        let environment = KServeEnvironment.scripted(control: control, eventLoop: loop)
        var request = Inference_RepositoryModelUnloadRequest.with { $0.modelName = "m" }
        request.parameters["unload_dependents"] = .with { $0.boolParam = true }
        let type = Inference_RepositoryModelUnloadResponse.self
        _ = try await call("RepositoryModelUnload", request, environment, as: type)
        #expect(control.calls == ["unload m true"])
        request.parameters["unload_dependents"] = .with { $0.int64Param = 1 }
        #expect(
            try await refusal("RepositoryModelUnload", request)
                == RPCStatus(
                    .invalidArgument,
                    "invalid value type for 'unload_dependents' parameter, expected bool_param."
                )
        )
        let stuck = Inference_RepositoryModelUnloadRequest.with { $0.modelName = "stuck" }
        #expect(try await refusal("RepositoryModelUnload", stuck) == RPCStatus(.unavailable, "stuck"))
    }

    @Test func aMessageThatCannotBeReadIsAnswered() async throws {
        let method = KServeEnvironment.scripted(eventLoop: loop).method("ModelReady")
        let outcome = try await invoke(method, [0x0A, 0x05], on: loop)
        #expect(
            outcome.status
                == RPCStatus(.internalError, "Unable to parse request: it is no inference.ModelReadyRequest")
        )
        #expect(outcome.done == [1])
    }
}
