// SPDX-License-Identifier: Apache-2.0

/// Services of a project that clients can reach, each with what stands before it: what its own source attaches to it,
/// or to none in particular, and what sources without a service of their own set up for others.
struct GuardedServices: Sendable {
    struct Service: Sendable {
        var name: String
        /// Where it begins: its class, the call that makes it, or its first handler.
        var place: Place
        var guards = ServiceGuards()
    }

    private(set) var services: [Service] = []
    private(set) var hasAuthentication = false

    init(_ project: Project) {
        var shared = ServiceGuards()
        shared.hasLog = project.bentoConfigurations.contains(where: Self.logsAccess)
        let refusals = Self.refusals(of: project)
        for module in project.pythonModules {
            let own = Self.services(in: module)
            guard !own.isEmpty else {
                shared.formUnion(Self.guards(of: module, beside: [], refusals: refusals).everybody)
                continue
            }
            let found = Self.guards(of: module, beside: Set(own.map(\.name)), refusals: refusals)
            services += own.map { service in
                var service = service
                service.guards = found.everybody
                if let named = found.byService[service.name] { service.guards.formUnion(named) }
                return service
            }
        }
        for index in services.indices { services[index].guards.formUnion(shared) }
        hasAuthentication = shared.hasAuthentication || services.contains { $0.guards.hasAuthentication }
        // What another service asks is reached through that one, and not by clients.
        let inner = Set(project.pythonModules.flatMap { $0.calls(["bentoml.depends"]) }.compactMap(Self.dependency))
        services.removeAll { inner.contains($0.name) }
    }

    /// By the last part of a name. Of several things that share it, only what all of them answer counts.
    private static func refusals(of project: Project) -> [String: Set<Int>] {
        var found: [String: Set<Int>] = [:]
        for module in project.pythonModules {
            var own = Dictionary(module.classes.map { ($0.name, Set<Int>()) }) { first, _ in first }
            for refusal in module.refusals { own[refusal.name] = refusal.statuses }
            found.merge(own) { $0.intersection($1) }
        }
        return found
    }

    private static func dependency(_ call: PythonCall) -> String? {
        let name = (call.first ?? call.argument("on"))?.name
        return name?.split(separator: ".").last.map(String.init)
    }

    private static func services(in module: PythonModule) -> [Service] {
        var found = module.calls(["bentoml.Service"]).map { call in
            Service(name: call.first?.text ?? call.argument("name")?.text ?? "", place: call.place)
        }
        for item in module.classes
        where item.decorators.contains(where: { ["bentoml.service", "bentoml.service()"].contains($0.name) }) {
            found.append(Service(name: item.name, place: item.place))
        }
        guard found.isEmpty else { return found }
        let handler = module.handlers.first { [.legacyAPI, .api, .task].contains($0.kind) }
        return handler.map { [Service(name: $0.name, place: $0.place)] } ?? []
    }

    /// - Parameter names: of the services of a module; what is attached to one of them guards no other.
    private static func guards(
        of module: PythonModule,
        beside names: Set<String>,
        refusals: [String: Set<Int>]
    ) -> (everybody: ServiceGuards, byService: [String: ServiceGuards]) {
        var everybody = ServiceGuards()
        var byService: [String: ServiceGuards] = [:]
        for refusal in module.refusals where refusal.isAttached { everybody.note(refusal.statuses) }
        let refusing = module.refusals.map { "\($0.name).dispatch" }
        let handlers = Set(module.handlers.map(\.function) + refusing)
        for call in module.calls {
            var guards = ServiceGuards()
            guards.note(call, refusals: refusals)
            guards.hasLog = guards.hasLog || (handlers.contains(call.function) && ServiceGuards.isLogging(call))
            let owners = [call.service, first(of: call.name), first(of: call.function)]
            if let owner = owners.lazy.compactMap(\.self).first(where: names.contains) {
                byService[owner, default: ServiceGuards()].formUnion(guards)
            } else {
                everybody.formUnion(guards)
            }
        }
        return (everybody, byService)
    }

    /// The class in `Iris.predict` and `Iris.add_asgi_middleware`.
    private static func first(of name: String) -> String? {
        name.split(separator: ".", maxSplits: 1).first.map(String.init)
    }

    private static func logsAccess(_ document: DataDocument) -> Bool {
        ServiceConfiguration(document: document).services.contains {
            $0.node[path: "logging", "access", "enabled"]?.bool == true
        }
    }
}
