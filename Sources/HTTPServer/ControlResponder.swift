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
    let gate: any Gate

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
        var response: Response
        if let preflight = settings.cors?.preflight(request) {
            response = preflight
        } else {
            response = try await routed(request, context: context)
        }
        settings.cors?.apply(to: &response, of: request)
        ControlAnswer.echo(request.headers, into: &response)
        response.headers[.xContentTypeOptions] = "nosniff"
        // What follows the head of an answer to HEAD would be read as the next answer.
        if request.method == .head { response.body = .init() }
        return response
    }

    /// The gate is asked before anything is said, even that there is nothing to be found.
    private func routed(_ request: Request, context: RoutedContext) async throws -> Response {
        let method = RouteTable.Method(request.method)
        let route = RouteTable.match(request.head.path ?? "")
        let endpoint = route.map { RouteTable.endpoint(of: $0, method) } ?? .unknown
        let readsBody = route.map { Self.readsBody($0, method) } ?? false
        let declared = request.headers[.contentLength].flatMap { Int($0) }
        let limit = route.map(bodyLimit) ?? 0
        let permit: Permit
        // One that is too large is never read, and only who may ask is told so.
        let excess = readsBody ? declared.flatMap { $0 > limit ? $0 : nil } : nil
        do throws(ServingError) {
            let bytes = readsBody && excess == nil ? declared ?? limit : 0
            permit = try gate.admit(ControlAnswer.arrival(request, context: context, endpoint, bytes: bytes))
        } catch {
            return ControlAnswer.error(error)
        }
        defer { gate.release(permit) }
        defer { if !endpoint.isOpen { RoutedContext.peer?.place?.prove() } }
        let response: Response
        var received = 0
        if let excess {
            response = ControlAnswer.error(BodyLimits.tooLarge(bytes: excess, limit: limit))
        } else {
            let before = served(by: route)
            response = try await answer(route, method, request: request, permit, received: &received)
            if response.status == .ok, let model = served(by: route) ?? before { gate.served(model, to: permit) }
        }
        gate.conclude(
            permit,
            Conclusion(
                endpoint,
                bytesIn: received,
                bytesOut: response.body.contentLength ?? 0,
                status: response.status.code
            )
        )
        return response
    }

    private func answer(
        _ route: Route?,
        _ method: RouteTable.Method?,
        request: Request,
        _ permit: Permit,
        received: inout Int
    ) async throws -> Response {
        guard let route else { return ControlAnswer.message("Not Found", status: .notFound) }
        do {
            try settings.restrictedAPIs.check(RouteTable.category(of: route)) { name in
                HTTPField.Name(name).flatMap { request.headers[values: $0].first }
            }
            let endpoint = RouteTable.endpoint(of: route, method)
            if endpoint.isServerWide, try route.model() == nil { try gate.authorise(permit, endpoint) }
            guard let method, RouteTable.allows(method, on: route) else {
                return ControlAnswer.message("Method Not Allowed", status: .methodNotAllowed)
            }
            let route = try authorised(route, endpoint, permit)
            guard Self.readsBody(route, method) else {
                return try await perform(route, method, body: TensorBytes(), permit)
            }
            let body = try await collect(request.body, limit: bodyLimit(of: route))
            received = body.readableBytes
            // The body may have taken its time, and the credential that came with the head may have ended.
            if !gate.isValid(permit) {
                try gate.authorise(permit, endpoint)
            }
            return try await perform(route, method, body: TensorBytes(adopting: body), permit)
        } catch let error as ServingError {
            return ControlAnswer.error(error)
        }
    }

    /// - Returns: the route, naming the version that is meant where the gate has to know it.
    private func authorised(_ route: Route, _ endpoint: Endpoint, _ permit: Permit) throws(ServingError) -> Route {
        guard let (model, version) = try route.model() else { return route }
        guard case .model(var path, let action) = route, action != .traceSetting else {
            try gate.authorise(permit, endpoint, model: model, version: version)
            return route
        }
        let meant = try gate.authorise(permit, endpoint, model: model, version: version) { control.served($0)?.version }
        if version == nil { path.versionText = meant.map { String($0) } }
        return .model(path, action)
    }

    /// What a load has brought, or an unload takes away.
    private func served(by route: Route?) -> ServedModel? {
        switch route {
        case .load(let name), .unload(let name): control.served(name)
        default: nil
        }
    }

    private func bodyLimit(of route: Route) -> Int {
        if case .load = route { return settings.requestLimits.jsonBytes }
        return Self.smallBodyLimit
    }

    /// Other routes let a body pass by unread.
    private static func readsBody(_ route: Route, _ method: RouteTable.Method?) -> Bool {
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
    fileprivate var modelName: String? {
        switch self {
        case .model(let path, _): path.name
        case .load(let name), .unload(let name): name
        default: nil
        }
    }

    /// The model that a gate is asked about.
    fileprivate func model() throws(ServingError) -> (name: String, version: Int64?)? {
        switch self {
        case .model(let path, _): (path.name, try path.version())
        case .load(let name), .unload(let name): (name, nil)
        default: nil
        }
    }
}
