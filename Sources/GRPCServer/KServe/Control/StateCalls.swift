// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import InferenceProtos
private import SwiftProtobuf
private import Transport

/// Health and metadata.
extension KServeEnvironment {
    func serverLive(
        _ request: Inference_ServerLiveRequest,
        _ permit: Permit
    ) throws(ServingError) -> Inference_ServerLiveResponse {
        try checkNotExiting()
        return .with { $0.live = control.isLive }
    }

    func serverReady(
        _ request: Inference_ServerReadyRequest,
        _ permit: Permit
    ) throws(ServingError) -> Inference_ServerReadyResponse {
        try checkNotExiting()
        return .with { $0.ready = control.isReady }
    }

    private func checkNotExiting() throws(ServingError) {
        if control.isExiting { throw ServingError(.unavailable, "Server exiting") }
    }

    func modelReady(
        _ request: Inference_ModelReadyRequest,
        _ permit: Permit
    ) async throws(ServingError) -> Inference_ModelReadyResponse {
        let version = try authorised(permit, .modelReady, request.name, request.version)
        let isReady = try await control.askModelReady(named: request.name, version: version)
        return .with { $0.ready = isReady }
    }

    func serverMetadata(
        _ request: Inference_ServerMetadataRequest,
        _ permit: Permit
    ) -> Inference_ServerMetadataResponse {
        .with {
            $0.name = settings.serverName
            $0.version = settings.serverVersion
            $0.extensions = ServerExtensions.names
        }
    }

    func modelMetadata(
        _ request: Inference_ModelMetadataRequest,
        _ permit: Permit
    ) throws(ServingError) -> Inference_ModelMetadataResponse {
        let version = try authorised(permit, .modelMetadata, request.name, request.version)
        let metadata = try control.metadata(ofModel: request.name, version: version)
        return .with {
            $0.name = metadata.name
            $0.versions =
                metadata.versions.filter { gate.shows(model: metadata.name, version: $0, to: permit) }.map {
                    String($0)
                }
            $0.platform = metadata.platform
            $0.inputs = metadata.inputs.map(Inference_ModelMetadataResponse.TensorMetadata.init)
            $0.outputs = metadata.outputs.map(Inference_ModelMetadataResponse.TensorMetadata.init)
        }
    }

    /// The configuration is read back from its JSON, as Triton does: the one form that every front end is given.
    func modelConfig(
        _ request: Inference_ModelConfigRequest,
        _ permit: Permit
    ) throws(ServingError) -> Inference_ModelConfigResponse {
        let version = try authorised(permit, .modelConfig, request.name, request.version)
        let text = try control.configurationJSON(ofModel: request.name, version: version)
        do {
            let config = try Inference_ModelConfig(jsonString: text)
            return .with { $0.config = config }
        } catch {
            throw ServingError(
                .internalError,
                "the configuration of model '\(request.name)' cannot be read",
                cause: "\(error)"
            )
        }
    }

    /// - Returns: the version that is meant, once the gate has let the caller have it; `nil` for whichever there is.
    func authorised(
        _ permit: Permit,
        _ endpoint: Endpoint,
        _ model: String,
        _ versionText: String
    ) throws(ServingError) -> Int64? {
        try gate.authorise(permit, endpoint, model: model, version: ModelVersion.parse(versionText)) {
            control.served($0)?.version
        }
    }
}

extension Inference_ModelMetadataResponse.TensorMetadata {
    fileprivate init(_ spec: TensorSpec) {
        self.init()
        name = spec.name
        datatype = spec.dataType.wireName
        shape = spec.shape.dimensions
    }
}
