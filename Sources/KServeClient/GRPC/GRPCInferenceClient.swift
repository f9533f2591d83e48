// SPDX-License-Identifier: Apache-2.0

/// What commands ask a server about its models, over either protocol. The JSON is that of HTTP.
package protocol ModelServerClient: Sendable {
    func metadata(ofModel name: String, version: String?) async throws(ClientError) -> JSONValue
    /// - Parameter name: `nil` for all models.
    func statistics(ofModel name: String?, version: String?) async throws(ClientError) -> JSONValue
    func repositoryIndex(readyOnly: Bool) async throws(ClientError) -> JSONValue
    /// - Parameter configuration: a `ModelConfig` as JSON in place of the one on the server's disk.
    func load(_ name: String, configuration: String?) async throws(ClientError)
    func unload(_ name: String, dependents: Bool) async throws(ClientError)
}

extension KServeClient: ModelServerClient {}

/// `inference.GRPCInferenceService` for commands. Every method throws ``ClientError``, with the server's own words if
/// it refused.
package struct GRPCInferenceClient: ModelServerClient {
    package let connection: GRPCConnection

    package init(_ connection: GRPCConnection) { self.connection = connection }

    /// The path of a method of the service.
    package static func path(_ method: String) -> String { "/inference.GRPCInferenceService/" + method }

    package func metadata(ofModel name: String, version: String? = nil) async throws(ClientError) -> JSONValue {
        let answer = try await call("ModelMetadata", Self.modelRequest(name, version))
        return try ProtobufSchema.modelMetadata.json(answer[...])
    }

    /// - Returns: a serialized `ModelConfig`.
    package func configuration(
        ofModel name: String,
        version: String? = nil
    ) async throws(ClientError) -> [UInt8] {
        let answer = try await call("ModelConfig", Self.modelRequest(name, version))
        var reader = ProtobufReader(answer)
        var configuration: [UInt8] = []
        while let field = try reader.next() {
            if field.number == 1 { configuration = Array(try field.value.content()) }
        }
        return configuration
    }

    package func statistics(ofModel name: String?, version: String? = nil) async throws(ClientError) -> JSONValue {
        let answer = try await call("ModelStatistics", Self.modelRequest(name ?? "", version))
        return try ProtobufSchema.modelStatistics.json(answer[...])
    }

    package func repositoryIndex(readyOnly: Bool) async throws(ClientError) -> JSONValue {
        var request = ProtobufWriter()
        request.append(2, flag: readyOnly)
        let answer = try await call("RepositoryIndex", request.bytes)
        // Over HTTP the list stands by itself.
        return try ProtobufSchema.repositoryIndex.json(answer[...])["models"] ?? .array([])
    }

    package func load(_ name: String, configuration: String?) async throws(ClientError) {
        var request = ProtobufWriter()
        request.append(2, text: name)
        if let configuration {
            request.append(3) { entry in
                entry.append(1, text: "config")
                entry.append(2) { $0.append(3, bytes: configuration.utf8) }
            }
        }
        _ = try await call("RepositoryModelLoad", request.bytes)
    }

    package func unload(_ name: String, dependents: Bool) async throws(ClientError) {
        var request = ProtobufWriter()
        request.append(2, text: name)
        if dependents {
            request.append(3) { entry in
                entry.append(1, text: "unload_dependents")
                entry.append(2) { $0.append(1, choice: true) }
            }
        }
        _ = try await call("RepositoryModelUnload", request.bytes)
    }

    package func infer(_ message: ModelInferMessage) async throws(ClientError) -> InferenceAnswer {
        try InferenceAnswer(modelInferResponse: try await call("ModelInfer", message.serialized())[...])
    }

    private static func modelRequest(_ name: String, _ version: String?) -> [UInt8] {
        var request = ProtobufWriter()
        request.append(1, text: name)
        request.append(2, text: version ?? "")
        return request.bytes
    }

    private func call(_ method: String, _ message: [UInt8]) async throws(ClientError) -> [UInt8] {
        try await connection.unary(Self.path(method), message)
    }
}
