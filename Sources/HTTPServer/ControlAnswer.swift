// SPDX-License-Identifier: Apache-2.0
package import HTTPTypes
package import Hummingbird
package import Inference
private import NIOHTTP1

/// Answers of cold routes.
package enum ControlAnswer {
    package static func text(_ text: String, contentType: String = "application/json") -> Response {
        Response(
            status: .ok,
            headers: [.contentType: contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }

    package static func document(_ document: ByteBuffer) -> Response {
        Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: document))
    }

    package static func message(_ message: String, status: HTTPResponse.Status) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ControlDocuments.error(message))
        )
    }

    package static func error(_ error: ServingError) -> Response {
        var answer = message(error.message, status: HTTPResponse.Status(code: error.code.httpStatus))
        for field in error.fields { answer.headers[name(field.name)] = field.value }
        return answer
    }

    /// What a client sent to find its request again, if it is short and plain.
    package static func echo(_ headers: HTTPFields, into response: inout Response) {
        for name in ["X-Request-Id", "traceparent"].compactMap({ HTTPField.Name($0) }) {
            guard let value = headers[name], InferRequestHead.isEchoable(value) else { continue }
            response.headers[name] = value
        }
    }

    package static func arrival(
        _ request: Request,
        context: RoutedContext,
        _ endpoint: Endpoint,
        _ transport: Arrival.Transport = .http,
        bytes: Int = 0
    ) -> Arrival {
        var credentials = Credentials()
        for value in request.headers[values: .authorization] { credentials.takeAuthorization(value) }
        for value in request.headers[values: Self.apiKey] { credentials.takeAPIKey(value) }
        var arrival = Arrival(
            endpoint,
            transport,
            remoteAddress: context.remoteAddress,
            credentials: credentials,
            declaredBytes: bytes
        )
        let forwarded = request.headers[values: Self.forwardedFor]
        if !forwarded.isEmpty { arrival.forwardedFor = forwarded.joined(separator: ",") }
        arrival.certificate = context.certificate
        arrival.requestID = request.headers[Self.requestID].flatMap { InferRequestHead.isEchoable($0) ? $0 : nil }
        return arrival
    }

    private static let apiKey = name("X-API-Key")
    private static let forwardedFor = name("X-Forwarded-For")
    private static let requestID = name("X-Request-Id")

    private static func name(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("'\(text)' is no name of a header") }
        return name
    }
}
