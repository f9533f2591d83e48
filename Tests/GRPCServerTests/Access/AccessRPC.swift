// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos
import NIOCore
import SwiftProtobuf
import Synchronization
import TestSupport

@testable import GRPCServer

/// A gRPC server on loopback with every method there is and a real gate.
struct AccessRPC: Sendable {
    let callers: TestCallers
    let service: ScriptedService
    let live: LiveRPC

    /// - Parameter refusal: with what models answer at once; without it they wait for the test.
    static func run(
        refusal: ServingError? = nil,
        _ test: @escaping @Sendable (AccessRPC) async throws -> Void
    ) async throws {
        let callers = try TestCallers(visible: "plain")
        let service = ScriptedService(refusal: refusal)
        try await LiveRPC.run(
            asking: callers.gate,
            methods: { loops, drain in
                KServeMethods.table(
                    KServeEnvironment(
                        inference: service,
                        control: ScriptedControl(),
                        gate: callers.gate,
                        settings: KServeSettings(serverVersion: "1", profile: .secure),
                        drain: drain,
                        eventLoopGroup: loops,
                        sharedMemory: ScriptedMemory(),
                        trace: ScriptedTrace(),
                        log: ScriptedLog()
                    )
                )
            }
        ) { live in
            try await test(AccessRPC(callers: callers, service: service, live: live))
        }
    }

    private static let count = Atomic<UInt32>(0)

    /// A client's metadata, from an address of its own, for the throttle.
    static func metadata(_ credential: ShownCredential) -> [(String, String)] {
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        let address = "100.\(number >> 16 & 0xff).\(number >> 8 & 0xff).\(number & 0xff)"
        return credential.headers.map { ($0.name, $0.value) } + [("x-forwarded-for", address)]
    }

    /// A call and what the table says of it.
    struct Call: Sendable {
        var path: String
        var endpoint: Endpoint
        var content: [UInt8]
        /// The model that is asked for.
        var model: String?
        var staysOpen = false
    }

    /// One call of each method, on the model `model` where it has one.
    static func calls(model: String) throws -> [Call] {
        func call(
            _ name: String,
            _ endpoint: Endpoint,
            _ request: some Message,
            isOfModel: Bool = false
        ) throws -> Call {
            let content: [UInt8] = try request.serializedBytes()
            return Call(
                path: "/\(KServeMethods.service)/\(name)",
                endpoint: endpoint,
                content: content,
                model: isOfModel ? model : nil
            )
        }
        var calls = [
            try call("ServerLive", .serverLive, Inference_ServerLiveRequest()),
            try call("ServerReady", .serverReady, Inference_ServerReadyRequest()),
            try call("ServerMetadata", .serverMetadata, Inference_ServerMetadataRequest()),
            try call("LogSettings", .changeLog, Inference_LogSettingsRequest()),
            try call("RepositoryIndex", .repositoryIndex, Inference_RepositoryIndexRequest()),
            try call("SystemSharedMemoryStatus", .sharedMemoryStatus, Inference_SystemSharedMemoryStatusRequest()),
            try call(
                "SystemSharedMemoryRegister",
                .registerSharedMemory,
                Inference_SystemSharedMemoryRegisterRequest()
            ),
            try call(
                "SystemSharedMemoryUnregister",
                .unregisterSharedMemory,
                Inference_SystemSharedMemoryUnregisterRequest()
            ),
            try call("CudaSharedMemoryStatus", .sharedMemoryStatus, Inference_CudaSharedMemoryStatusRequest()),
            try call("CudaSharedMemoryRegister", .registerSharedMemory, Inference_CudaSharedMemoryRegisterRequest()),
            try call(
                "CudaSharedMemoryUnregister",
                .unregisterSharedMemory,
                Inference_CudaSharedMemoryUnregisterRequest()
            ),
        ]
        calls += [
            try call("ModelReady", .modelReady, Inference_ModelReadyRequest.with { $0.name = model }, isOfModel: true),
            try call(
                "ModelMetadata",
                .modelMetadata,
                Inference_ModelMetadataRequest.with { $0.name = model },
                isOfModel: true
            ),
            try call(
                "ModelConfig",
                .modelConfig,
                Inference_ModelConfigRequest.with { $0.name = model },
                isOfModel: true
            ),
            try call(
                "ModelStatistics",
                .statistics,
                Inference_ModelStatisticsRequest.with { $0.name = model },
                isOfModel: true
            ),
            try call(
                "TraceSetting",
                .changeTrace,
                Inference_TraceSettingRequest.with { $0.modelName = model },
                isOfModel: true
            ),
            try call(
                "RepositoryModelLoad",
                .load,
                Inference_RepositoryModelLoadRequest.with { $0.modelName = model },
                isOfModel: true
            ),
            try call(
                "RepositoryModelUnload",
                .unload,
                Inference_RepositoryModelUnloadRequest.with { $0.modelName = model },
                isOfModel: true
            ),
            try call("ModelInfer", .infer, Request.with { $0.modelName = model }, isOfModel: true),
            try call("ModelStreamInfer", .streamInfer, Request.with { $0.modelName = model }, isOfModel: true),
        ]
        return try calls + others()
    }

    private static func others() throws -> [Call] {
        let named = Grpc_Health_V1_HealthCheckRequest.with { $0.service = KServeMethods.service }
        let unknown = Grpc_Health_V1_HealthCheckRequest.with { $0.service = "no.such.Service" }
        let list = Grpc_Reflection_V1_ServerReflectionRequest.with { $0.listServices = "*" }
        let health = "/grpc.health.v1.Health/"
        let watch = Call(
            path: health + "Watch",
            endpoint: .healthWatch,
            content: try named.serializedBytes(),
            staysOpen: true
        )
        return [
            Call(path: health + "Check", endpoint: .health, content: []),
            Call(path: health + "Check", endpoint: .serviceHealth, content: try named.serializedBytes()),
            Call(path: health + "Check", endpoint: .serviceHealth, content: try unknown.serializedBytes()),
            watch,
            Call(path: health + "Watch", endpoint: .healthWatch, content: [], staysOpen: true),
            Call(
                path: "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                endpoint: .reflection,
                content: try list.serializedBytes()
            ),
            Call(
                path: "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                endpoint: .reflection,
                content: try list.serializedBytes()
            ),
        ]
    }
}
