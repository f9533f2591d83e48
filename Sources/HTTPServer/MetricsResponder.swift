// SPDX-License-Identifier: Apache-2.0
private import HTTPTypes
package import Hummingbird
package import Inference

/// The text of `GET /metrics`, made anew for each request.
/// - Parameter isShown: whether a version of a model may appear in it.
package typealias MetricsPageSource = @Sendable (_ isShown: (_ model: String, _ version: Int64) -> Bool) -> String

/// `GET /metrics`; every other path is answered with nothing and 200, as Triton does.
package struct MetricsResponder: HTTPResponder {
    package typealias Context = RoutedContext

    private let gate: any Gate
    private let page: MetricsPageSource

    package init(gate: any Gate, page: @escaping MetricsPageSource) {
        self.gate = gate
        self.page = page
    }

    package func respond(to request: Request, context: RoutedContext) async throws -> Response {
        let target = request.head.path ?? ""
        guard target.prefix(while: { $0 != "?" }) == "/metrics" else { return Response(status: .ok) }
        guard request.method == .get else {
            return ControlAnswer.message("Method Not Allowed", status: .methodNotAllowed)
        }
        do throws(ServingError) {
            let permit = try gate.admit(ControlAnswer.arrival(request, context: context, .metrics, .metrics))
            defer { gate.release(permit) }
            let text = page { [gate] model, version in gate.shows(model: model, version: version, to: permit) }
            gate.conclude(permit, Conclusion(.metrics, bytesOut: text.utf8.count, status: 200))
            return ControlAnswer.text(text, contentType: "text/plain; charset=utf-8")
        } catch {
            return ControlAnswer.error(error)
        }
    }
}
