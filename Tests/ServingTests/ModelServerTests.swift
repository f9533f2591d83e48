// SPDX-License-Identifier: Apache-2.0
import Engines
import Foundation
import Inference
import Logging
import ModelRepository
import Scheduling
import Synchronization
import Testing

@testable import Serving

/// A server on a repository in a temporary directory, with the identity engine.
@Suite struct ModelServerTests {
    private final class Answer: ResponseSink {
        private let events = Mutex<[ResponseEvent]>([])
        private let continuation: CheckedContinuation<ResponseEvent, Never>

        init(_ continuation: CheckedContinuation<ResponseEvent, Never>) { self.continuation = continuation }

        func receive(_ event: ResponseEvent) {
            let isFirst = events.withLock { events in
                events.append(event)
                return events.count == 1
            }
            if isFirst { continuation.resume(returning: event) }
        }
    }

    private final class Repository {
        let path = FileManager.default.temporaryDirectory.appending(path: "buckler-serving-\(UUID().uuidString)").path

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func add(_ name: String, versions: [Int] = [1], config: String = Repository.identity) throws {
            for version in versions {
                try FileManager.default.createDirectory(
                    atPath: "\(path)/\(name)/\(version)",
                    withIntermediateDirectories: true
                )
            }
            try config.write(toFile: "\(path)/\(name)/config.pbtxt", atomically: true, encoding: .utf8)
        }

        static let identity = """
            backend: "identity"
            input { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] }
            output { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] }
            """

        func server(
            mode: ModelControlMode = .explicit,
            startup: [String] = [],
            threads: InstanceThreads = .shared
        ) throws -> ModelServer {
            var settings = ModelServer.Settings()
            settings.controlMode = mode
            settings.startupModels = startup
            settings.loading.instanceThreads = threads
            return ModelServer(
                repository: try ModelRepository(roots: [path]),
                engines: EngineSelection([IdentityEngine()]),
                settings: settings,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        }
    }

    private static func infer(_ model: any ServableModel, _ values: [Float]) async -> ResponseEvent {
        await withCheckedContinuation { continuation in
            var fields = InferenceRequest.Fields()
            fields.inputs = [
                InputTensor(
                    name: "INPUT0",
                    dataType: .fp32,
                    shape: [Int64(values.count)],
                    bytes: values.withUnsafeBytes { TensorBytes(copying: $0) }
                )
            ]
            model.infer(InferenceRequest(fields), sink: Answer(continuation))
        }
    }

    private static func outputs(_ event: ResponseEvent) -> [Float]? {
        guard case .response(let response, isFinal: true) = event, let output = response.outputs.first else {
            return nil
        }
        return output.bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    @Test func loadsInfersCountsAndUnloads() async throws {
        let repository = try Repository()
        try repository.add("echo")
        let server = try repository.server()
        #expect(try await server.start().isEmpty)
        #expect(server.isReady)
        try await server.load(model: "echo", parameters: LoadParameters())
        var model: (any ServableModel)? = try server.model(named: "echo", version: nil)
        #expect(Self.outputs(await Self.infer(try #require(model), [1, 2, 3])) == [1, 2, 3])
        let statistics = try server.statistics(ofModel: "echo", version: nil)
        #expect(statistics.map(\.inferenceCount) == [1])
        #expect(statistics.map(\.success.count) == [1])

        try await server.unload(model: "echo", includingDependents: false)
        #expect(await server.repositoryIndex(readyOnly: false).first?.state == .unloading)
        // Whoever looked the model up before it was unloaded may still use it.
        #expect(Self.outputs(await Self.infer(try #require(model), [4])) == [4])
        model = nil
        await server.stop()
        #expect(
            await server.repositoryIndex(readyOnly: false)
                == [RepositoryIndexEntry(name: "echo", version: 1, state: .unavailable, reason: "unloaded")]
        )
    }

    @Test func theNewestVersionAnswersUnlessAnotherIsNamed() async throws {
        let repository = try Repository()
        try repository.add("echo", versions: [1, 2, 10], config: "version_policy { all {} }\n" + Repository.identity)
        let server = try repository.server(mode: .none)
        #expect(try await server.start().isEmpty)
        #expect(try server.model(named: "echo", version: nil).version == 10)
        #expect(try server.model(named: "echo", version: 2).version == 2)
        #expect(try server.metadata(ofModel: "echo", version: nil).versions == [1, 2, 10])
        await server.stop()
    }

    @Test func aFailedReloadLeavesTheOldVersionServing() async throws {
        let repository = try Repository()
        try repository.add("echo")
        let server = try repository.server(startup: ["echo"])
        #expect(try await server.start().isEmpty)
        try repository.add("echo", config: "backend: \"nonesuch\"\n" + Repository.identity.dropFirst(20))
        await #expect(throws: ServingError.self) {
            try await server.load(model: "echo", parameters: LoadParameters())
        }
        #expect(try server.isModelReady(named: "echo", version: nil))
        #expect(Self.outputs(await Self.infer(try server.model(named: "echo", version: nil), [7])) == [7])
        await server.stop()
    }

    /// Names that came with their files, in a request, and never worked.
    @Test func madeUpNamesThatFailAreForgotten() async throws {
        let server = try Repository().server()
        _ = try await server.start()
        let parameters = LoadParameters(
            configuration: "{\"backend\":\"nonesuch\",\"max_batch_size\":0}",
            files: ["1/model": [1]]
        )
        for index in 0..<1_000 {
            let error = await #expect(throws: ServingError.self) {
                try await server.load(model: "made-up-\(index)", parameters: parameters)
            }
            if index == 0 { #expect(error?.message.contains("version 1 is at UNAVAILABLE state") == true) }
        }
        #expect(await server.repositoryIndex(readyOnly: false).isEmpty)
        #expect(server.registry.read { $0.models.isEmpty && $0.refusals.isEmpty })
        #expect(server.isReady, "nothing that is wanted is missing")
        await server.stop()
    }

    @Test func aMadeUpNameThatWorkedOutlivesItsFailedReload() async throws {
        let server = try Repository().server()
        _ = try await server.start()
        func parameters(_ backend: String) -> LoadParameters {
            let tensor = "\"data_type\":\"TYPE_FP32\",\"dims\":[-1]}]"
            let configuration =
                "{\"backend\":\"\(backend)\",\"input\":[{\"name\":\"INPUT0\",\(tensor),"
                + "\"output\":[{\"name\":\"OUTPUT0\",\(tensor)}"
            return LoadParameters(configuration: configuration, files: ["1/model": [1]])
        }
        try await server.load(model: "made-up", parameters: parameters("identity"))
        await #expect(throws: ServingError.self) {
            try await server.load(model: "made-up", parameters: parameters("nonesuch"))
        }
        #expect(try server.isModelReady(named: "made-up", version: nil))
        await server.stop()
    }

    @Test(arguments: [(4, true), (5, false)])
    func aModelThatDoesNotGetItsThreadsIsNotLoaded(instances: Int, loads: Bool) async throws {
        let repository = try Repository()
        try repository.add("echo")
        try repository.add(
            "wide",
            config: Repository.identity + "\ninstance_group { kind: KIND_CPU count: \(instances) }"
        )
        let threads = InstanceThreads(limit: 5)
        let server = try repository.server(startup: ["echo"], threads: threads)
        #expect(try await server.start().isEmpty)
        do {
            try await server.load(model: "wide", parameters: LoadParameters())
            #expect(loads)
        } catch {
            #expect(!loads)
            #expect(error.message.contains("no more threads for the 5 instances of model 'wide'"), "\(error)")
        }
        #expect(Self.outputs(await Self.infer(try server.model(named: "echo", version: nil), [7])) == [7])
        await server.stop()
        for _ in 0..<1000 where threads.runningCount > 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(threads.runningCount == 0)
    }

    @Test(arguments: [("INPUT0", true), ("OTHER", false)])
    func aModelIsWarmedUpBeforeItServes(input: String, loads: Bool) async throws {
        let repository = try Repository()
        let sample = "inputs { key: \"\(input)\" value { data_type: TYPE_FP32 dims: [ 2 ] zero_data: true } }"
        try repository.add(
            "echo",
            config: Repository.identity + "\nmodel_warmup { name: \"first\" count: 2 \(sample) }"
        )
        let server = try repository.server(mode: .none)
        let failures = try await server.start()
        #expect(failures.isEmpty == loads && server.isReady == loads)
        if loads {
            let statistics = try server.statistics(ofModel: "echo", version: nil)
            #expect(statistics.map(\.inferenceCount) == [0], "it counts nowhere")
        } else {
            #expect(failures["echo"]?.message.contains("failed to run warm-up sample 'first' of model 'echo'") == true)
        }
        await server.stop()
    }

    @Test(arguments: [
        ("sequence_batching {}", "sequence_batching"),
        ("response_cache { enable: true }", "response_cache"),
        (
            "batch_input { kind: BATCH_ELEMENT_COUNT target_name: \"N\" data_type: TYPE_INT32 source_input: \"INPUT0\" }",
            "batch_input"
        ),
    ])
    func whatIsNotSupportedYetIsNamed(addition: String, field: String) async throws {
        let repository = try Repository()
        try repository.add("echo", config: Repository.identity + "\n" + addition)
        let server = try repository.server(mode: .none)
        let failures = try await server.start()
        #expect(failures["echo"]?.message.contains("uses '\(field)', which this server does not support yet") == true)
        #expect(!server.isReady)
        await server.stop()
    }

    @Test func anEnsembleIsCalledOne() async throws {
        let repository = try Repository()
        let tensor = "data_type: TYPE_FP32 dims: [ -1 ]"
        try repository.add(
            "chain",
            config: """
                platform: "ensemble"
                input { name: "A" \(tensor) }
                output { name: "B" \(tensor) }
                ensemble_scheduling { step {
                    model_name: "echo" model_version: -1
                    input_map { key: "INPUT0" value: "A" } output_map { key: "OUTPUT0" value: "B" }
                } }
                """
        )
        let server = try repository.server(mode: .none)
        let message = try await server.start()["chain"]?.message
        #expect(
            message?.contains(
                "model 'chain' is an ensemble: it uses 'ensemble_scheduling', which this server does not support yet"
            ) == true,
            "\(message ?? "")"
        )
        await server.stop()
    }

    @Test(arguments: [(257, ""), (1024, ""), (1025, "model 'wide' specifies 1025 instances, at most 1024 are allowed")])
    func asManyInstancesRunAsAreAccepted(count: Int, refusal: String) async throws {
        let repository = try Repository()
        let group = "\ninstance_group { kind: KIND_CPU count: "
        try repository.add("wide", config: Repository.identity + group + "\(count - 7) }" + group + "7 }")
        let threads = InstanceThreads(limit: 1100)
        let server = try repository.server(mode: .none, threads: threads)
        let failure = try await server.start()["wide"]?.message
        #expect(refusal.isEmpty ? failure == nil : failure?.contains(refusal) == true, "\(failure ?? "")")
        #expect(threads.runningCount == (refusal.isEmpty ? count : 0))
        await server.stop()
        for _ in 0..<2000 where threads.runningCount > 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(threads.runningCount == 0)
    }

    @Test(arguments: [("", false), ("instance_group { kind: KIND_CPU }", true)])
    func passiveInstancesAloneServeNothing(addition: String, loads: Bool) async throws {
        let repository = try Repository()
        try repository.add(
            "echo",
            config: Repository.identity + "\ninstance_group { kind: KIND_CPU count: 2 passive: true }\n" + addition
        )
        let server = try repository.server(mode: .none)
        let failures = try await server.start()
        let text = "every instance group of model 'echo' is passive: no instance would execute its requests"
        #expect(loads ? failures.isEmpty : failures["echo"]?.message.contains(text) == true, "\(failures)")
        await server.stop()
    }

    @Test(arguments: [
        ("", ""), ("optimization { graph { level: 1 } }", ""),
        ("instance_group { kind: KIND_CPU host_policy: \"p\" }", "instance_group.host_policy"),
        ("instance_group { kind: KIND_CPU rate_limiter { priority: 2 } }", "instance_group.rate_limiter"),
        (
            "instance_group { kind: KIND_CPU secondary_devices { kind: KIND_NVDLA } }\n"
                + "instance_group { kind: KIND_CPU secondary_devices { kind: KIND_NVDLA } }",
            "instance_group.secondary_devices"
        ),
        ("optimization { eager_batching: true }", "optimization.eager_batching"),
        ("optimization { priority: PRIORITY_MAX }", "optimization.priority"),
        (
            "optimization { execution_accelerators { cpu_execution_accelerator { name: \"openvino\" } } }",
            "optimization.execution_accelerators"
        ),
        (
            "model_metrics { metric_control { metric_identifier { family: \"F\" } histogram_options { buckets: 1 } } }",
            "model_metrics"
        ),
    ])
    func whatChangesNothingIsSaidOnce(addition: String, field: String) throws {
        let repository = try Repository()
        try repository.add("echo", versions: [1, 2], config: Repository.identity + "\n" + addition)
        let check = ModelCheck(
            model: "echo",
            repository: try ModelRepository(roots: [repository.path]),
            engines: EngineSelection([IdentityEngine()]),
            settings: LoadSettings()
        )
        #expect(check.isSound, "\(check)")
        #expect(check.warnings.count == (field.isEmpty ? 0 : 1), "\(check.warnings)")
        #expect(check.warnings.allSatisfy { $0.hasPrefix("'\(field)' changes nothing: ") })
    }

    @Test func controlIsRefusedUnlessExplicit() async throws {
        let repository = try Repository()
        let server = try repository.server(mode: .none)
        _ = try await server.start()
        let error = await #expect(throws: ServingError.self) {
            try await server.load(model: "echo", parameters: LoadParameters())
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message == "explicit model load / unload is not allowed if polling is enabled")
        await server.stop()
    }

    @Test func manyLoadsAndUnloadsOfOneModelEndInOrder() async throws {
        let repository = try Repository()
        try repository.add("echo")
        let server = try repository.server()
        _ = try await server.start()
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<40 {
                group.addTask {
                    if index % 2 == 0 {
                        try? await server.load(model: "echo", parameters: LoadParameters())
                    } else {
                        try? await server.unload(model: "echo", includingDependents: false)
                    }
                }
            }
        }
        try await server.load(model: "echo", parameters: LoadParameters())
        #expect(Self.outputs(await Self.infer(try server.model(named: "echo", version: nil), [1])) == [1])
        await server.stop()
        #expect(server.isExiting && !server.isReady && !server.isLive)
    }
}
