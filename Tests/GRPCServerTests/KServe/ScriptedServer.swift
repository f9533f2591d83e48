// SPDX-License-Identifier: Apache-2.0
import Access
import GRPCServer
import Inference
import NIOCore
import Synchronization
import Transport

/// Answers when the test says so, and as it says; or at once with an error.
final class ScriptedModel: ServableModel {
    let name: String
    let version: Int64 = 3
    let inputs: [TensorSpec]
    let outputs = [TensorSpec(name: "OUTPUT", dataType: .fp32, shape: [-1])]
    let maxBatchSize = 0
    let isDecoupled: Bool
    private let refusal: ServingError?
    private let submitted = Mutex<[(request: InferenceRequest, sink: any ResponseSink)]>([])

    init(_ name: String, isDecoupled: Bool = false, refusal: ServingError? = nil) {
        self.name = name
        self.isDecoupled = isDecoupled
        self.refusal = refusal
        inputs = [TensorSpec(name: "INPUT", dataType: .fp32, shape: [-1])]
    }

    func infer(_ request: InferenceRequest, sink: any ResponseSink) {
        if let refusal { return sink.receive(.failed(refusal)) }
        submitted.withLock { $0.append((request, sink)) }
    }

    var requests: [InferenceRequest] { submitted.withLock { $0.map(\.request) } }

    func answer(_ index: Int, _ event: ResponseEvent) {
        submitted.withLock { $0[index].sink }.receive(event)
    }
}

struct ScriptedService: InferenceService {
    let plain: ScriptedModel
    let streaming: ScriptedModel

    /// - Parameter refusal: with what each request is answered at once; without it they wait for the test.
    init(refusal: ServingError? = nil) {
        plain = ScriptedModel("plain", refusal: refusal)
        streaming = ScriptedModel("streaming", isDecoupled: true, refusal: refusal)
    }

    func model(named name: String, version: Int64?) throws(ServingError) -> any ServableModel {
        switch name {
        case "plain": plain
        case "streaming": streaming
        default: throw ServingError(.notFound, "Request for unknown model: '\(name)' is not found")
        }
    }
}

/// What the control calls are told, and what they were asked.
final class ScriptedControl: ModelControl {
    private struct State {
        var isReady = true
        var isExiting = false
        var calls: [String] = []
    }

    private let state = Mutex(State())

    var isLive: Bool { true }
    var isReady: Bool {
        get { state.withLock { $0.isReady } }
        set { state.withLock { $0.isReady = newValue } }
    }
    var isExiting: Bool {
        get { state.withLock { $0.isExiting } }
        set { state.withLock { $0.isExiting = newValue } }
    }
    var calls: [String] { state.withLock { $0.calls } }

    func isModelReady(named name: String, version: Int64?) throws(ServingError) -> Bool {
        if name == "absent" { throw ServingError(.notFound, "Request for unknown model: 'absent' is not found") }
        return name == "plain"
    }

    func metadata(ofModel name: String, version: Int64?) throws(ServingError) -> ModelMetadata {
        ModelMetadata(
            name: name,
            versions: version.map { [$0] } ?? [1, 3],
            platform: "identity",
            inputs: [TensorSpec(name: "INPUT", dataType: .bytes, shape: [-1, 16])],
            outputs: [TensorSpec(name: "OUTPUT", dataType: .bf16, shape: [-1])]
        )
    }

    func configurationJSON(ofModel name: String, version: Int64?) throws(ServingError) -> String {
        name == "broken"
            ? "{\"no_such_field\":1}"
            : """
            {"name":"\(name)","platform":"","backend":"identity","max_batch_size":8,
            "version_policy":{"latest":{"num_versions":1}},
            "input":[{"name":"INPUT","data_type":"TYPE_FP32","format":"FORMAT_NONE","dims":[-1,9007199254740993]}],
            "instance_group":[{"name":"x","kind":"KIND_CPU","count":2}],
            "parameters":{"a":{"string_value":"b"}},"model_transaction_policy":{"decoupled":true}}
            """
    }

    func statistics(ofModel name: String?, version: Int64?) throws(ServingError) -> [ModelStatisticsSnapshot] {
        var snapshot = ModelStatisticsSnapshot(name: name ?? "all", version: version ?? 1)
        snapshot.lastInference = 5
        snapshot.inferenceCount = 7
        snapshot.executionCount = 6
        snapshot.success = DurationStatistic(count: 7, nanoseconds: 70)
        snapshot.cacheMiss = DurationStatistic(count: 1, nanoseconds: 10)
        var batch = ModelStatisticsSnapshot.Batch()
        batch.computeInfer = DurationStatistic(count: 2, nanoseconds: 20)
        snapshot.batches = [4: batch, 1: ModelStatisticsSnapshot.Batch()]
        var response = ModelStatisticsSnapshot.Response()
        response.cancel = DurationStatistic(count: 3, nanoseconds: 30)
        snapshot.responses = [2: response]
        return [snapshot]
    }

    func repositoryIndex(readyOnly: Bool) async -> [RepositoryIndexEntry] {
        [
            RepositoryIndexEntry(name: readyOnly ? "ready" : "any", version: 2, state: .unavailable, reason: "why"),
            RepositoryIndexEntry(name: "never loaded"),
        ]
    }

    func load(model name: String, parameters: LoadParameters) async throws(ServingError) {
        let files = parameters.files.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined()
        state.withLock { $0.calls.append("load \(name) \(parameters.configuration ?? "-") \(files)") }
    }

    func unload(model name: String, includingDependents: Bool) async throws(ServingError) {
        if name == "stuck" { throw ServingError(.unavailable, "stuck") }
        state.withLock { $0.calls.append("unload \(name) \(includingDependents)") }
    }
}

/// Lets everyone in but those whom a test names.
struct ScriptedGate: Gate {
    var forbiddenModel = ""

    func admit(_ arrival: Arrival) throws(ServingError) -> Permit { Permit(principal: .anonymous, reservedBytes: 0) }

    func authorise(
        _ permit: Permit,
        _ endpoint: Endpoint,
        model: String?,
        version: Int64?
    ) throws(ServingError) {
        guard let model, model == forbiddenModel else { return }
        throw ServingError(.permissionDenied, "no \(endpoint.scope?.rawValue ?? "") of \(model)")
    }

    func shows(model: String, version: Int64?, to permit: Permit) -> Bool { model != forbiddenModel }
    func isValid(_ permit: Permit) -> Bool { true }
    func begin(_ permit: inout Permit) throws(ServingError) {}
    func end(_ permit: inout Permit) {}
    func conclude(_ permit: Permit, _ conclusion: Conclusion) {}

    func reserve(_ bytes: Int, for permit: inout Permit) throws(ServingError) {}
    func giveBack(_ bytes: Int, of permit: inout Permit) {}
    func release(_ permit: Permit) {}
}

/// What was recorded, in order.
final class ScriptedTrace: TraceControl, RequestTrace {
    private let lines = Mutex<[String]>([])
    var recorded: [String] { lines.withLock { $0 } }

    func traceSettings(ofModel model: String?) throws(ServingError) -> TraceSettings {
        ["trace_level": ["TIMESTAMPS", "TENSORS"], "trace_rate": [model ?? "1000"]]
    }

    func changeTraceSettings(
        ofModel model: String?,
        _ changes: [String: [String]?]
    ) throws(ServingError) -> TraceSettings {
        changes.mapValues { $0 ?? ["default"] }
    }

    func beginTrace(model: String, version: Int64, requestID: String) -> (any RequestTrace)? {
        lines.withLock { $0.append("begin \(model) \(version) \(requestID)") }
        return self
    }

    func record(_ name: StaticString, at time: MonotonicTime) { lines.withLock { $0.append("\(name)") } }
    func recordTensors(_ activity: StaticString, _ tensors: [OutputTensor]) {}
    func end() { lines.withLock { $0.append("end") } }
}

struct ScriptedLog: LogControl {
    let changed = Log()

    final class Log: Sendable {
        let changes = Mutex<[String]>([])
    }

    func logSettings() -> [(name: String, value: LogSettingValue)] {
        [("log_file", .string("")), ("log_info", .bool(true)), ("log_verbose_level", .number(2))]
    }

    func changeLogSettings(_ changes: [(name: String, value: LogSettingValue)]) throws(ServingError) {
        changed.changes.withLock { $0 += changes.map { "\($0.name)=\($0.value)" } }
    }
}

/// One region with sixteen bytes.
struct ScriptedMemory: SharedMemoryControl {
    func register(_ region: SharedMemoryRegion) throws(ServingError) {
        if region.key == "/taken" { throw ServingError(.alreadyExists, "taken") }
    }

    func unregister(_ name: String?) async throws(ServingError) {
        if name == "stuck" { throw ServingError(.internalError, "stuck") }
    }

    func regions(_ name: String?) throws(ServingError) -> [SharedMemoryRegion] {
        if let name, name != "region" {
            throw ServingError(.notFound, "Unable to find system shared memory region: '\(name)'")
        }
        return [SharedMemoryRegion(name: "region", key: "/key", offset: 8, byteSize: 16)]
    }

    func read(_ slice: SharedMemorySlice) throws(ServingError) -> TensorBytes {
        guard slice.region == "region" else {
            throw ServingError(.notFound, "Unable to find shared memory region: '\(slice.region)'")
        }
        return TensorBytes((0..<UInt8(slice.byteSize)).map { $0 + UInt8(slice.offset) })
    }

    func registerCUDA(_ name: String) throws(ServingError) {
        throw ServingError(.invalidArgument, "GPUs not supported")
    }

    func unregisterCUDA(_ name: String?) throws(ServingError) {}

    func checkCUDARegions(_ name: String?) throws(ServingError) {
        if let name { throw ServingError(.notFound, "Unable to find cuda shared memory region: '\(name)'") }
    }
}

extension KServeEnvironment {
    static func scripted(
        service: any InferenceService = ScriptedService(),
        control: any ModelControl = ScriptedControl(),
        gate: any Gate = ScriptedGate(),
        drain: DrainState = DrainState(),
        eventLoop: any EventLoop,
        streamBacklogBytes: Int = 1 << 20,
        sharedMemory: (any SharedMemoryControl)? = nil,
        trace: (any TraceControl)? = nil,
        log: (any LogControl)? = nil,
        restrictions: RestrictedAPIs = RestrictedAPIs(.grpc),
        headerForwarding: HeaderForwarding? = nil
    ) -> KServeEnvironment {
        var settings = KServeSettings(serverVersion: "1.2", profile: .secure)
        settings.streamBacklogBytes = streamBacklogBytes
        return KServeEnvironment(
            inference: service,
            control: control,
            gate: gate,
            settings: settings,
            drain: drain,
            eventLoopGroup: eventLoop,
            sharedMemory: sharedMemory,
            trace: trace,
            log: log,
            restrictions: restrictions,
            headerForwarding: headerForwarding
        )
    }

    func method(_ name: String) -> RPCMethod {
        guard let method = KServeMethods.table(self).first(where: { $0.path.hasSuffix("/" + name) }) else {
            preconditionFailure("no method \(name)")
        }
        return method
    }
}
