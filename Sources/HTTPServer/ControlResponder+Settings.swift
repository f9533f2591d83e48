// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import Inference

/// Shared memory, traces and log settings.
extension ControlResponder {
    func systemSharedMemory(
        _ action: SharedMemoryAction,
        region: String?,
        body: TensorBytes
    ) async throws -> Response {
        guard let control = controls?.sharedMemory else { throw Self.absent("client shared memory") }
        switch action {
        case .status: return ControlAnswer.document(ControlDocuments.sharedMemory(try control.regions(region)))
        case .register:
            try control.register(
                try ControlBodies.sharedMemoryRegion(
                    body,
                    named: try Self.named(region, of: "system"),
                    limits: settings.requestLimits
                )
            )
        case .unregister: try await control.unregister(region)
        }
        return Response(status: .ok)
    }

    func cudaSharedMemory(_ action: SharedMemoryAction, region: String?) throws -> Response {
        guard let control = controls?.sharedMemory else { throw Self.absent("client shared memory") }
        switch action {
        case .status:
            try control.checkCUDARegions(region)
            return ControlAnswer.text("[]")
        case .register: try control.registerCUDA(try Self.named(region, of: "cuda"))
        case .unregister: try control.unregisterCUDA(region)
        }
        return Response(status: .ok)
    }

    private static func named(_ region: String?, of kind: String) throws(ServingError) -> String {
        guard let region else {
            throw ServingError(
                .invalidArgument,
                "'region name' is necessary to register \(kind) shared memory region"
            )
        }
        return region
    }

    func traceSettings(ofModel model: String?, _ method: RouteTable.Method, body: TensorBytes) throws -> Response {
        guard let control = controls?.trace else { throw Self.absent("tracing") }
        let settings =
            switch method {
            case .get: try control.traceSettings(ofModel: model)
            case .post:
                try control.changeTraceSettings(
                    ofModel: model,
                    try ControlBodies.traceChanges(body, limits: settings.requestLimits)
                )
            }
        return ControlAnswer.document(ControlDocuments.traceSettings(settings))
    }

    func logSettings(_ method: RouteTable.Method, body: TensorBytes) throws -> Response {
        guard let control = controls?.log else { throw Self.absent("changing log settings over the network") }
        if method == .post {
            try control.changeLogSettings(try ControlBodies.logChanges(body, limits: settings.requestLimits))
        }
        return ControlAnswer.document(ControlDocuments.logSettings(control.logSettings()))
    }
}
