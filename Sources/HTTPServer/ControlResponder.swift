// SPDX-License-Identifier: Apache-2.0
private import HTTPTypes
package import Hummingbird
package import Inference
private import Transport

/// Every route that is not answered on the event loop.
///
/// Triton matches paths as they stand: nothing is percent-decoded and no slash is forgiven. A router that does either
/// would let one path through under another's name, so ``RouteTable`` is asked instead.
package struct ControlResponder: HTTPResponder {
    package typealias Context = RoutedContext

    /// What a request may bring; only a load brings whole models.
    static let smallBodyLimit = 64 << 10

    let control: any ModelControl
    let controls: ServerControls?
    let settings: HTTPServerSettings
    private let gate: any Gate

    package init(
        control: any ModelControl,
        controls: ServerControls? = nil,
        gate: any Gate,
        settings: HTTPServerSettings
    ) {
        self.control = control
        self.controls = controls
        self.gate = gate
        self.settings = settings
    }

    package func respond(to request: Request, context: RoutedContext) async throws -> Response {
        var response = try await routed(request, context: context)
        ControlAnswer.echo(request.headers, into: &response)
        // What follows the head of an answer to HEAD would be read as the next answer.
        if request.method == .head { response.body = .init() }
        return response
    }

    private func routed(_ request: Request, context: RoutedContext) async throws -> Response {
        guard let route = RouteTable.match(request.head.path ?? "") else {
            return ControlAnswer.message("Not Found", status: .notFound)
        }
        do throws(ServingError) {
            try settings.restrictedAPIs.check(RouteTable.category(of: route)) { name in
                HTTPField.Name(name).flatMap { request.headers[values: $0].first }
            }
        } catch {
            return ControlAnswer.error(error)
        }
        guard let method = RouteTable.Method(request.method), RouteTable.allows(method, on: route) else {
            return ControlAnswer.message("Method Not Allowed", status: .methodNotAllowed)
        }
        do {
            return try await answer(route, method, request: request, context: context)
        } catch let error as ServingError {
            return ControlAnswer.error(error)
        }
    }

    private func answer(
        _ route: Route,
        _ method: RouteTable.Method,
        request: Request,
        context: RoutedContext
    ) async throws -> Response {
        let limit = bodyLimit(of: route)
        let declared = request.headers[.contentLength].flatMap { Int($0) }
        if let declared, declared > limit { throw BodyLimits.tooLarge(bytes: declared, limit: limit) }
        let scope = RouteTable.scope(of: route)
        let readsBody = Self.readsBody(route, method)
        let chargedBytes = readsBody ? declared ?? limit : 0
        let permit = try gate.admit(
            ControlAnswer.arrival(request, context: context, scope: scope, bytes: chargedBytes)
        )
        defer { gate.release(permit) }
        if let (model, version) = try route.model() {
            try gate.authorise(permit, scope: scope, model: model, version: version)
        }
        let body = !readsBody ? TensorBytes() : TensorBytes(adopting: try await collect(request.body, limit: limit))
        return try await perform(route, method, body: body)
    }

    private func bodyLimit(of route: Route) -> Int {
        if case .load = route { return settings.requestLimits.jsonBytes }
        return Self.smallBodyLimit
    }

    /// Other routes let a body pass by unread.
    private static func readsBody(_ route: Route, _ method: RouteTable.Method) -> Bool {
        switch route {
        case .load, .unload, .repositoryIndex: true
        case .logging, .traceSetting, .model(_, .traceSetting): method == .post
        case .systemSharedMemory(.register, _): true
        default: false
        }
    }

    private func collect(_ body: RequestBody, limit: Int) async throws -> ByteBuffer {
        var collected = ByteBuffer()
        for try await part in body {
            guard part.readableBytes <= limit - collected.readableBytes else {
                throw BodyLimits.tooLarge(bytes: collected.readableBytes + part.readableBytes, limit: limit)
            }
            collected.writeImmutableBuffer(part)
        }
        return collected
    }
}

extension RouteTable.Method {
    fileprivate init?(_ method: HTTPRequest.Method) {
        switch method {
        case .get: self = .get
        case .post: self = .post
        default: return nil
        }
    }
}

extension Route {
    /// The model that a gate is asked about.
    fileprivate func model() throws(ServingError) -> (name: String, version: Int64?)? {
        switch self {
        case .model(let path, _): (path.name, try path.version())
        case .load(let name), .unload(let name): (name, nil)
        default: nil
        }
    }
}
