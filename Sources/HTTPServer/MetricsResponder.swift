// SPDX-License-Identifier: Apache-2.0
private import HTTPTypes
package import Hummingbird
package import Inference
private import Transport

/// The text of `GET /metrics`, made anew for each request.
/// - Parameter isShown: whether a version of a model may appear in it.
package typealias MetricsPageSource = @Sendable (_ isShown: (_ model: String, _ version: Int64) -> Bool) -> String

/// `GET /metrics`; every other path is answered with nothing and 200, as Triton does, once the gate has been asked.
package struct MetricsResponder: HTTPResponder {
    package typealias Context = RoutedContext

    private let gate: any Gate
    private let page: MetricsPageSource

    package init(gate: any Gate, page: @escaping MetricsPageSource) {
        self.gate = gate
        self.page = page
    }

    package func respond(to request: Request, context: RoutedContext) async throws -> Response {
        var response = routed(request, context: context)
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }

    private func routed(_ request: Request, context: RoutedContext) -> Response {
        let isPage = (request.head.path ?? "").prefix { $0 != "?" } == "/metrics"
        let endpoint: Endpoint = isPage ? .metrics : .unknown
        do throws(ServingError) {
            let permit = try gate.admit(ControlAnswer.arrival(request, context: context, endpoint, .metrics))
            defer { gate.release(permit) }
            RoutedContext.peer?.place?.prove()
            let response = answer(request, isPage: isPage, permit)
            gate.conclude(
                permit,
                Conclusion(endpoint, bytesOut: response.body.contentLength ?? 0, status: response.status.code)
            )
            return response
        } catch {
            return ControlAnswer.error(error)
        }
    }

    private func answer(_ request: Request, isPage: Bool, _ permit: Permit) -> Response {
        guard isPage else { return Response(status: .ok) }
        guard request.method == .get else {
            return ControlAnswer.message("Method Not Allowed", status: .methodNotAllowed)
        }
        let text = page { [gate] model, version in gate.shows(model: model, version: version, to: permit) }
        return ControlAnswer.text(text, contentType: "text/plain; charset=utf-8")
    }
}
