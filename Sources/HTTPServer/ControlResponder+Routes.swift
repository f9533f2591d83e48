// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import Inference

extension ControlResponder {
    func perform(
        _ route: Route,
        _ method: RouteTable.Method,
        body: TensorBytes,
        _ permit: Permit
    ) async throws -> Response {
        switch route {
        case .serverMetadata:
            return ControlAnswer.document(
                ControlDocuments.serverMetadata(
                    name: settings.serverName,
                    version: settings.serverVersion
                )
            )
        case .serverLive: return try health(control.isLive)
        case .serverReady: return try health(control.isReady)
        case .allStatistics:
            let shown = try control.statistics(ofModel: nil, version: nil).filter {
                gate.shows(model: $0.name, version: $0.version, to: permit)
            }
            return ControlAnswer.document(ControlDocuments.statistics(shown))
        case .model(let path, .traceSetting):
            return try traceSettings(ofModel: path.name, method, body: body)
        case .model(let path, let action):
            return try await answer(action, model: path.name, version: try path.version(), permit)
        case .repositoryIndex:
            let readyOnly = try ControlBodies.indexReadyOnly(body, limits: settings.requestLimits)
            let shown = await control.repositoryIndex(readyOnly: readyOnly).filter {
                gate.shows(model: $0.name, version: $0.version, to: permit)
            }
            return ControlAnswer.document(ControlDocuments.repositoryIndex(shown))
        case .load(let name):
            let parameters = try ControlBodies.load(body, limits: settings.requestLimits)
            try await control.load(model: name, parameters: parameters)
            return Response(status: .ok)
        case .unload(let name):
            let includingDependents = try ControlBodies.unloadDependents(body, limits: settings.requestLimits)
            try await control.unload(model: name, includingDependents: includingDependents)
            return Response(status: .ok)
        case .namedRepository:
            throw ServingError(.unsupported, "'repository_name' specification is not supported")
        case .logging: return try logSettings(method, body: body)
        case .traceSetting: return try traceSettings(ofModel: nil, method, body: body)
        case .systemSharedMemory(let action, let region):
            return try await systemSharedMemory(action, region: region, body: body)
        case .cudaSharedMemory(let action, let region): return try cudaSharedMemory(action, region: region)
        }
    }

    private func answer(
        _ action: ModelAction,
        model: String,
        version: Int64?,
        _ permit: Permit
    ) async throws -> Response {
        switch action {
        case .metadata:
            var metadata = try control.metadata(ofModel: model, version: version)
            metadata.versions.removeAll { !gate.shows(model: metadata.name, version: $0, to: permit) }
            return ControlAnswer.document(ControlDocuments.modelMetadata(metadata))
        case .ready:
            guard try await control.askModelReady(named: model, version: version) else {
                return ControlAnswer.message("Model version not ready", status: .badRequest)
            }
            return Response(status: .ok)
        case .config:
            return ControlAnswer.text(try control.configurationJSON(ofModel: model, version: version))
        case .stats:
            return ControlAnswer.document(
                ControlDocuments.statistics(try control.statistics(ofModel: model, version: version))
            )
        case .infer, .generate, .generateStream:
            // Only a listener without a hot path lets one through.
            throw Self.absent("inference on this port")
        case .traceSetting: throw Self.absent("tracing")
        }
    }

    /// 400 with no body as long as the server lives, as Triton has it.
    private func health(_ isGood: Bool) throws -> Response {
        if control.isExiting { throw ServingError(.unavailable, "Server exiting") }
        return Response(status: isGood ? .ok : .badRequest)
    }

    static func absent(_ feature: String) -> ServingError {
        ServingError(.unsupported, "this server does not support \(feature)")
    }
}
