// SPDX-License-Identifier: Apache-2.0

/// Services of a project, and what stands before them.
struct ServiceGuards: Sendable {
    /// Where each service begins: its class, the call that makes it, or its first handler.
    private(set) var services: [(name: String, place: Place)] = []
    private(set) var hasAuthentication = false
    private(set) var hasRateLimit = false
    private(set) var hasLog = false

    init(_ project: Project) {
        for module in project.pythonModules {
            if let service = Self.service(in: module) { services.append(service) }
            for call in module.calls { note(call) }
            let handlers = Set(module.handlers.map(\.function))
            hasLog = hasLog || module.calls.contains { handlers.contains($0.function) && Self.isLogging($0) }
        }
        hasLog = hasLog || project.bentoConfigurations.contains(where: Self.logsAccess)
    }

    private static func service(in module: PythonModule) -> (name: String, place: Place)? {
        if let call = module.calls.first(where: { $0.name == "bentoml.Service" }) {
            return (call.first?.text ?? call.argument("name")?.text ?? "", call.place)
        }
        let decorated = module.classes.first { item in
            item.decorators.contains { ["bentoml.service", "bentoml.service()"].contains($0.name) }
        }
        if let decorated { return (decorated.name, decorated.place) }
        let handler = module.handlers.first { [.legacyAPI, .api, .task].contains($0.kind) }
        return handler.map { ($0.name, $0.place) }
    }

    private static let middlewareMethods: Set<Substring> = [
        "add_asgi_middleware", "add_middleware", "Middleware", "mount_asgi_app", "add_wsgi_middleware",
    ]
    private static let authenticationWords = ["auth", "jwt", "apikey", "api_key", "token", "oidc", "login", "keycheck"]
    private static let rateWords = ["rate", "limit", "throttl", "quota"]
    private static let logWords = ["audit", "log"]

    private mutating func note(_ call: PythonCall) {
        let isMiddleware = Self.middlewareMethods.contains(call.method)
        let isDependency = ["Depends", "Security"].contains(call.method)
        if isMiddleware || isDependency {
            for name in call.arguments.compactMap({ $0.value.name?.lowercased() }) {
                let last = name.split(separator: ".").last ?? ""
                hasAuthentication = hasAuthentication || Self.authenticationWords.contains(where: last.contains)
                hasRateLimit = hasRateLimit || Self.rateWords.contains(where: last.contains)
                hasLog = hasLog || Self.logWords.contains(where: last.contains)
            }
        }
        if call.name.hasPrefix("fastapi.security.") { hasAuthentication = true }
        if call.name.hasPrefix("slowapi.") || call.name.hasPrefix("flask_limiter.") { hasRateLimit = true }
    }

    private static let logMethods: Set<Substring> = [
        "info", "warning", "error", "critical", "log", "debug", "exception",
    ]

    private static func isLogging(_ call: PythonCall) -> Bool {
        if call.name == "bentoml.monitor" { return true }
        return logMethods.contains(call.method) && call.name.lowercased().contains("log")
    }

    private static func logsAccess(_ document: DataDocument) -> Bool {
        ServiceConfiguration(document: document).services.contains {
            $0.node[path: "logging", "access", "enabled"]?.bool == true
        }
    }
}
