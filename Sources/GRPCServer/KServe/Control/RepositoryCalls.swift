// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import InferenceProtos
private import SwiftProtobuf
private import Transport

/// The model repository; the texts are Triton's.
extension KServeEnvironment {
    func repositoryIndex(
        _ request: Inference_RepositoryIndexRequest,
        _ permit: Permit
    ) async throws(ServingError) -> Inference_RepositoryIndexResponse {
        try checkRepositoryName(request.repositoryName)
        let entries = await control.repositoryIndex(readyOnly: request.ready).filter {
            gate.shows(model: $0.name, version: $0.version, to: permit)
        }
        return .with {
            $0.models = entries.map { entry in
                .with {
                    $0.name = entry.name
                    if let version = entry.version { $0.version = String(version) }
                    if let state = entry.state { $0.state = state.rawValue }
                    $0.reason = entry.reason
                }
            }
        }
    }

    func load(
        _ request: Inference_RepositoryModelLoadRequest,
        _ permit: Permit
    ) async throws(ServingError) -> Inference_RepositoryModelLoadResponse {
        try checkRepositoryName(request.repositoryName)
        try gate.authorise(permit, .load, model: request.modelName, version: nil)
        let parameters = try loadParameters(request.parameters)
        try await control.load(model: request.modelName, parameters: parameters)
        if let model = control.served(request.modelName) { gate.served(model, to: permit) }
        return Inference_RepositoryModelLoadResponse()
    }

    private func loadParameters(
        _ given: [String: Inference_ModelRepositoryParameter]
    ) throws(ServingError) -> LoadParameters {
        try checkCount(given.count)
        var parameters = LoadParameters()
        // In the order of their names, so that the same request is always refused for the same reason.
        for (name, parameter) in given.sorted(by: { $0.key < $1.key }) {
            guard name.utf8.count <= settings.requestLimits.stringBytes else {
                throw InferRequestRules.tooLong(
                    "parameters",
                    bytes: name.utf8.count,
                    limit: settings.requestLimits.stringBytes
                )
            }
            if name == "config" {
                guard case .stringParam(let text) = parameter.parameterChoice else {
                    throw wrongType(name, expected: "string_param")
                }
                parameters.configuration = text
            } else if name.utf8.starts(with: "file:".utf8) {
                guard case .bytesParam(let content) = parameter.parameterChoice else {
                    throw wrongType(name, expected: "bytes_param")
                }
                parameters.files[String(name.dropFirst(5))] = [UInt8](content)
            } else {
                throw ServingError(
                    .invalidArgument,
                    "unrecognized load parameter '\(InferRequestRules.excerpt(name))'."
                )
            }
        }
        return parameters
    }

    private func wrongType(_ name: String, expected: StaticString) -> ServingError {
        ServingError(
            .invalidArgument,
            "invalid value type for load parameter '\(InferRequestRules.excerpt(name))', expected \(expected)."
        )
    }

    func unload(
        _ request: Inference_RepositoryModelUnloadRequest,
        _ permit: Permit
    ) async throws(ServingError) -> Inference_RepositoryModelUnloadResponse {
        try checkRepositoryName(request.repositoryName)
        try gate.authorise(permit, .unload, model: request.modelName, version: nil)
        try checkCount(request.parameters.count)
        var includingDependents = false
        if let parameter = request.parameters["unload_dependents"] {
            guard case .boolParam(let flag) = parameter.parameterChoice else {
                throw ServingError(
                    .invalidArgument,
                    "invalid value type for 'unload_dependents' parameter, expected bool_param."
                )
            }
            includingDependents = flag
        }
        if let model = control.served(request.modelName) { gate.served(model, to: permit) }
        try await control.unload(model: request.modelName, includingDependents: includingDependents)
        return Inference_RepositoryModelUnloadResponse()
    }

    private func checkRepositoryName(_ name: String) throws(ServingError) {
        guard name.isEmpty else {
            throw ServingError(.unsupported, "'repository_name' specification is not supported")
        }
    }

    private func checkCount(_ count: Int) throws(ServingError) {
        let limit = settings.requestLimits.parameters
        guard count <= limit else { throw InferRequestRules.tooMany("parameters", limit) }
    }
}
