// SPDX-License-Identifier: Apache-2.0

/// What stands before a service.
struct ServiceGuards: Sendable {
    var hasAuthentication = false
    var hasRateLimit = false
    var hasLog = false

    mutating func formUnion(_ other: ServiceGuards) {
        hasAuthentication = hasAuthentication || other.hasAuthentication
        hasRateLimit = hasRateLimit || other.hasRateLimit
        hasLog = hasLog || other.hasLog
    }

    private static let middlewareMethods: Set<Substring> = [
        "add_asgi_middleware", "add_middleware", "Middleware", "mount_asgi_app", "add_wsgi_middleware",
    ]
    private static let authenticationWords = ["auth", "jwt", "apikey", "api_key", "token", "oidc", "login", "keycheck"]
    private static let rateWords = ["rate", "limit", "throttl", "quota"]
    private static let logWords = ["audit", "log"]

    /// - Parameter refusals: statuses by which functions and classes of the project refuse callers, by their names.
    mutating func note(_ call: PythonCall, refusals: [String: Set<Int>]) {
        let isMiddleware = Self.middlewareMethods.contains(call.method)
        let isDependency = ["Depends", "Security"].contains(call.method)
        if isMiddleware || isDependency {
            for name in call.arguments.compactMap({ $0.value.name?.lowercased() }) {
                let last = name.split(separator: ".").last ?? ""
                hasAuthentication = hasAuthentication || Self.authenticationWords.contains(where: last.contains)
                hasRateLimit = hasRateLimit || Self.rateWords.contains(where: last.contains)
                hasLog = hasLog || Self.logWords.contains(where: last.contains)
            }
            for name in call.arguments.compactMap({ $0.value.name?.split(separator: ".").last }) {
                // `Gate()`, an object that is called, is what its class is.
                let bare = name.hasSuffix("()") ? name.dropLast(2) : name
                if let statuses = refusals[String(bare)] { note(statuses) }
            }
        }
        if call.name.hasPrefix("fastapi.security.") { hasAuthentication = true }
        if call.name.hasPrefix("slowapi.") || call.name.hasPrefix("flask_limiter.") { hasRateLimit = true }
    }

    /// What answers so refuses callers, whatever it is called.
    mutating func note(_ statuses: Set<Int>) {
        hasAuthentication = hasAuthentication || !statuses.isDisjoint(with: [401, 403])
        hasRateLimit = hasRateLimit || statuses.contains(429)
    }

    private static let logMethods: Set<Substring> = [
        "info", "warning", "error", "critical", "log", "debug", "exception",
    ]

    static func isLogging(_ call: PythonCall) -> Bool {
        if call.name == "bentoml.monitor" { return true }
        return logMethods.contains(call.method) && call.name.lowercased().contains("log")
    }
}
