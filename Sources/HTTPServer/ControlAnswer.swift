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
        message(error.message, status: HTTPResponse.Status(code: Int(ErrorStatus.of(error.code).code)))
    }

    /// What a client sent to find its request again, if it is short and plain.
    package static func echo(_ headers: HTTPFields, into response: inout Response) {
        for name in ["X-Request-Id", "traceparent"].compactMap({ HTTPField.Name($0) }) {
            guard let value = headers[name], InferRequestHead.isEchoable(value) else { continue }
            response.headers[name] = value
        }
    }

    package static func arrival(_ request: Request, context: RoutedContext, scope: Scope, bytes: Int) -> Arrival {
        let apiKey = HTTPField.Name("X-API-Key").flatMap { request.headers[$0] }
        return Arrival(
            scope: scope,
            remoteAddress: context.remoteAddress,
            credential: request.headers[.authorization] ?? apiKey,
            declaredBytes: bytes
        )
    }
}
