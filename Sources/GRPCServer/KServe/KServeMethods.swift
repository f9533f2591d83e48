// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import InferenceProtos
private import SwiftProtobuf
internal import Transport

/// The one table of what can be called.
package enum KServeMethods {
    package static let service = "inference.GRPCInferenceService"

    /// The inference service, health and reflection.
    package static func table(_ environment: KServeEnvironment) -> [RPCMethod] {
        inference(environment) + control(environment) + sharedMemory(environment) + repository(environment)
            + HealthMethods.table(environment) + ReflectionMethods.table(environment)
    }

    private static func inference(_ environment: KServeEnvironment) -> [RPCMethod] {
        [
            method(environment, "ModelInfer", .unary, .infer, .inference) {
                ModelInferReceiver(environment: environment, call: $0)
            },
            method(environment, "ModelStreamInfer", .bidirectional, .streamInfer, .inference) {
                ModelStreamInferReceiver(environment: environment, call: $0)
            },
        ]
    }

    private static func control(_ environment: KServeEnvironment) -> [RPCMethod] {
        [
            unary(environment, "ServerLive", .serverLive, .health, .immediate(environment.serverLive)),
            unary(environment, "ServerReady", .serverReady, .health, .immediate(environment.serverReady)),
            unary(environment, "ModelReady", .modelReady, .health, .eventual(environment.modelReady)),
            unary(environment, "ServerMetadata", .serverMetadata, .metadata, .immediate(environment.serverMetadata)),
            unary(environment, "ModelMetadata", .modelMetadata, .metadata, .immediate(environment.modelMetadata)),
            unary(environment, "ModelConfig", .modelConfig, .modelConfig, .eventual(environment.modelConfig)),
            unary(environment, "ModelStatistics", .statistics, .statistics, .immediate(environment.modelStatistics)),
            unary(environment, "TraceSetting", .changeTrace, .trace, .immediate(environment.traceSetting)),
            unary(environment, "LogSettings", .changeLog, .logging, .immediate(environment.logSettings)),
        ]
    }

    private static func repository(_ environment: KServeEnvironment) -> [RPCMethod] {
        [
            unary(
                environment,
                "RepositoryIndex",
                .repositoryIndex,
                .modelRepository,
                .eventual(environment.repositoryIndex)
            ),
            unary(environment, "RepositoryModelLoad", .load, .modelRepository, .eventual(environment.load)),
            unary(environment, "RepositoryModelUnload", .unload, .modelRepository, .eventual(environment.unload)),
        ]
    }

    private static func sharedMemory(_ environment: KServeEnvironment) -> [RPCMethod] {
        func method<Request: Message, Response: Message>(
            _ name: String,
            _ endpoint: Endpoint,
            _ handler: UnaryReceiver<Request, Response>.Handler
        ) -> RPCMethod { unary(environment, name, endpoint, .sharedMemory, handler) }
        return [
            method("SystemSharedMemoryStatus", .sharedMemoryStatus, .immediate(environment.systemRegions)),
            method("SystemSharedMemoryRegister", .registerSharedMemory, .immediate(environment.registerSystem)),
            method("SystemSharedMemoryUnregister", .unregisterSharedMemory, .eventual(environment.unregisterSystem)),
            method("CudaSharedMemoryStatus", .sharedMemoryStatus, .immediate(environment.cudaRegions)),
            method("CudaSharedMemoryRegister", .registerSharedMemory, .immediate(environment.registerCUDA)),
            method("CudaSharedMemoryUnregister", .unregisterSharedMemory, .immediate(environment.unregisterCUDA)),
        ]
    }

    private static func unary<Request: Message, Response: Message>(
        _ environment: KServeEnvironment,
        _ name: String,
        _ endpoint: Endpoint,
        _ category: RestrictedCategory,
        _ handler: UnaryReceiver<Request, Response>.Handler
    ) -> RPCMethod {
        method(environment, name, .unary, endpoint, category) { UnaryReceiver(handler: handler, call: $0) }
    }

    private static func method(
        _ environment: KServeEnvironment,
        _ name: String,
        _ kind: RPCMethod.Kind,
        _ endpoint: Endpoint,
        _ category: RestrictedCategory,
        _ open: @escaping @Sendable (any RPCCall) -> any RPCReceiver
    ) -> RPCMethod {
        RPCMethod(
            path: "/\(service)/\(name)",
            kind: kind,
            endpoint: endpoint,
            open: environment.restricting(category, open)
        )
    }
}

extension KServeEnvironment {
    /// `open`, but for calls that an operator's restriction refuses.
    func restricting(
        _ category: RestrictedCategory,
        _ open: @escaping @Sendable (any RPCCall) -> any RPCReceiver
    ) -> @Sendable (any RPCCall) -> any RPCReceiver {
        guard restrictions.isRestricted(category) else { return open }
        return { [restrictions] call in
            do throws(ServingError) {
                try restrictions.check(category) { call.head.first($0) }
                return open(call)
            } catch {
                call.finish(RPCStatus(error))
                return DeafReceiver()
            }
        }
    }
}

/// Whoever answers a call that is over before it began.
private final class DeafReceiver: RPCReceiver {
    func messageArrived(_ message: RPCMessage) {}
    func halfClosed() {}
    func cancelled() {}
    func becameWritable() {}
}
