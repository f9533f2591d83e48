// SPDX-License-Identifier: Apache-2.0
private import NIOHTTP1

/// The routes of a KServe v2 server, for commands. Every method throws ``ClientError``, with the server's own words if it
/// refused.
package struct KServeClient: Sendable {
    package var exchange: HTTPExchange

    package init(_ exchange: HTTPExchange) { self.exchange = exchange }

    package func metadata(ofModel name: String, version: String? = nil) async throws(ClientError) -> JSONValue {
        try await document(.GET, Self.path(ofModel: name, version: version))
    }

    package func configuration(ofModel name: String, version: String? = nil) async throws(ClientError) -> JSONValue {
        try await document(.GET, Self.path(ofModel: name, version: version) + "/config")
    }

    /// - Parameter name: `nil` for all models.
    package func statistics(ofModel name: String?, version: String? = nil) async throws(ClientError) -> JSONValue {
        let path = name.map { Self.path(ofModel: $0, version: version) } ?? "/v2/models"
        return try await document(.GET, path + "/stats")
    }

    package func repositoryIndex(readyOnly: Bool) async throws(ClientError) -> JSONValue {
        try await document(.POST, "/v2/repository/index", body: Array(#"{"ready":\#(readyOnly)}"#.utf8))
    }

    /// - Parameter configuration: a `ModelConfig` as JSON in place of the one on the server's disk.
    package func load(_ name: String, configuration: String?) async throws(ClientError) {
        var body: [UInt8] = []
        if let configuration {
            let parameters = JSONMember("parameters", .object([JSONMember("config", .string(configuration))]))
            body = Array(JSONValue.object([parameters]).compactText.utf8)
        }
        _ = try await success(.POST, "/v2/repository/models/\(Self.escaped(name))/load", body: body)
    }

    package func unload(_ name: String, dependents: Bool) async throws(ClientError) {
        let body = dependents ? Array(#"{"parameters":{"unload_dependents":true}}"#.utf8) : []
        _ = try await success(.POST, "/v2/repository/models/\(Self.escaped(name))/unload", body: body)
    }

    package func infer(
        model name: String,
        version: String? = nil,
        _ message: InferenceMessage
    ) async throws(ClientError) -> InferenceAnswer {
        let path = Self.path(ofModel: name, version: version) + "/infer"
        let answer = try await success(.POST, path, headers: message.headers, body: message.body)
        let headerLength = try Self.headerLength(in: answer.headers)
        return try InferenceAnswer(headerLength: headerLength, body: answer.body)
    }

    package static func path(ofModel name: String, version: String?) -> String {
        "/v2/models/" + escaped(name) + (version.map { "/versions/" + escaped($0) } ?? "")
    }

    private static func headerLength(in headers: HTTPHeaders) throws(ClientError) -> Int? {
        guard let text = headers.first(name: InferenceMessage.headerLengthName) else { return nil }
        guard let length = Int(text) else { throw .badAnswer("\(InferenceMessage.headerLengthName) is no number") }
        return length
    }

    /// A path segment: everything but what RFC 3986 calls unreserved is percent-encoded.
    static func escaped(_ segment: String) -> String {
        var text = ""
        for byte in segment.utf8 {
            let scalar = Unicode.Scalar(byte)
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": text.unicodeScalars.append(scalar)
            default: text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    private func document(
        _ method: HTTPMethod,
        _ path: String,
        body: [UInt8] = []
    ) async throws(ClientError) -> JSONValue {
        let answer = try await success(method, path, body: body)
        do throws(JSONError) {
            return try JSONReader.parse(answer.body)
        } catch {
            throw .badAnswer("\(error)")
        }
    }

    private func success(
        _ method: HTTPMethod,
        _ path: String,
        headers: [(String, String)] = [],
        body: [UInt8] = []
    ) async throws(ClientError) -> HTTPExchange.Answer {
        let answer = try await exchange.send(method, path, headers: headers, body: body)
        guard answer.status == 200 else {
            let message = Self.errorText(of: answer.body, key: exchange.apiKey)
            if answer.status == 401 {
                throw .unauthenticated(keyWasSent: exchange.apiKey != nil, message: message)
            }
            throw .refused(status: answer.status, message: message)
        }
        return answer
    }

    /// What a server says went wrong: `error` in Triton's bodies, otherwise the start of whatever it is.
    /// - Parameter key: is taken out of it.
    static func errorText(of body: [UInt8], key: APIKey? = nil) -> String {
        if let document = try? JSONReader.parse(body), let text = document["error"]?.text { return key.redacted(text) }
        // The key is taken out before the text is cut, which could leave a part of it.
        let text = key.redacted(String(decoding: body.prefix(64 << 10), as: UTF8.self)).prefix(300)
        return text.isEmpty ? "(no explanation)" : String(text)
    }
}
