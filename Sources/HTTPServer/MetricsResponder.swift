// SPDX-License-Identifier: Apache-2.0
private import HTTPTypes
package import Hummingbird
package import Inference

/// `GET /metrics`; every other path is answered with nothing and 200, as Triton does.
package struct MetricsResponder: HTTPResponder {
    package typealias Context = RoutedContext

    private let gate: any Gate
    private let page: @Sendable () -> String

    package init(gate: any Gate, page: @escaping @Sendable () -> String) {
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
            let permit = try gate.admit(ControlAnswer.arrival(request, context: context, scope: .metrics, bytes: 0))
            defer { gate.release(permit) }
            return ControlAnswer.text(page(), contentType: "text/plain; charset=utf-8")
        } catch {
            return ControlAnswer.error(error)
        }
    }
}
