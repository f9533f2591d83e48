// SPDX-License-Identifier: Apache-2.0
package import Inference
package import Transport

/// A model, and perhaps a version, as a path names them.
package struct ModelPath: Sendable, Equatable {
    /// As it stood in the path: never percent-decoded, as in Triton.
    package var name: String
    /// Digits; absent if the path had no `/versions/N`.
    package var versionText: String?

    package init(name: String, versionText: String? = nil) {
        self.name = name
        self.versionText = versionText
    }

    /// - Throws: `.invalidArgument` if the version is zero or exceeds `Int64`.
    package func version() throws(ServingError) -> Int64? {
        guard let versionText else { return nil }
        guard let number = Int64(versionText), number > 0 else {
            throw ServingError(
                .invalidArgument,
                "failed to get model version from specified version string '\(versionText.prefix(64))', "
                    + "version should be an integral value > 0"
            )
        }
        return number
    }
}

/// What can be asked of one model.
package enum ModelAction: Sendable, Equatable {
    case metadata, ready, config, stats, infer, generate, generateStream, traceSetting
}

/// What can be asked of shared memory of either kind.
package enum SharedMemoryAction: Sendable, Equatable {
    case status, register, unregister
}

/// Everything that a path can mean.
package enum Route: Sendable, Equatable {
    case serverMetadata, serverLive, serverReady
    case allStatistics
    case model(ModelPath, ModelAction)
    case repositoryIndex
    case load(String)
    case unload(String)
    /// Triton accepts the path and answers that naming a repository is not supported.
    case namedRepository
    case logging, traceSetting
    case systemSharedMemory(SharedMemoryAction, region: String?)
    case cudaSharedMemory(SharedMemoryAction, region: String?)
}

/// The one table of paths: methods and scopes are looked up here by the infer path and by all others alike.
package enum RouteTable {
    /// - Parameter target: the request target as it came; a query is ignored, nothing is decoded, and a trailing slash
    ///   makes it another path.
    package static func match(_ target: String) -> Route? {
        var target = target
        return target.withUTF8 { bytes in
            let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
            return match(path: UnsafeBufferPointer(rebasing: bytes[..<end]))
        }
    }

    /// What a gate is asked for; any other method than GET and POST is taken for one that reads.
    package static func endpoint(of route: Route, _ method: Method?) -> Endpoint {
        let changes = method == .post
        return switch route {
        case .serverMetadata: .serverMetadata
        case .serverLive: .serverLive
        case .serverReady: .serverReady
        case .allStatistics: .statistics
        case .repositoryIndex: .repositoryIndex
        // Whether to list or to load does not matter to an answer that is always the same.
        case .namedRepository, .load: .load
        case .unload: .unload
        case .logging: changes ? .changeLog : .logSettings
        case .traceSetting: changes ? .changeTrace : .traceSettings
        case .systemSharedMemory(let action, _), .cudaSharedMemory(let action, _):
            switch action {
            case .status: .sharedMemoryStatus
            case .register: .registerSharedMemory
            case .unregister: .unregisterSharedMemory
            }
        case .model(_, let action):
            switch action {
            case .metadata: .modelMetadata
            case .ready: .modelReady
            case .config: .modelConfig
            case .stats: .statistics
            case .infer: .infer
            case .generate: .generate
            case .generateStream: .generateStream
            case .traceSetting: changes ? .changeTrace : .traceSettings
            }
        }
    }

    /// What has to be unrestricted, or opened by a header.
    package static func category(of route: Route) -> RestrictedCategory {
        switch route {
        case .serverMetadata: .metadata
        case .serverLive, .serverReady: .health
        case .allStatistics: .statistics
        case .repositoryIndex, .load, .unload, .namedRepository: .modelRepository
        case .logging: .logging
        case .traceSetting: .trace
        case .systemSharedMemory, .cudaSharedMemory: .sharedMemory
        case .model(_, let action):
            switch action {
            case .metadata: .metadata
            case .ready: .health
            case .config: .modelConfig
            case .stats: .statistics
            case .infer, .generate, .generateStream: .inference
            case .traceSetting: .trace
            }
        }
    }

    package enum Method: Sendable { case get, post }

    package static func allows(_ method: Method, on route: Route) -> Bool {
        switch route {
        case .logging, .traceSetting, .model(_, .traceSetting): true
        case .serverMetadata, .serverLive, .serverReady, .allStatistics: method == .get
        case .model(_, .metadata), .model(_, .ready), .model(_, .config), .model(_, .stats): method == .get
        case .model(_, .infer), .model(_, .generate), .model(_, .generateStream): method == .post
        case .repositoryIndex, .load, .unload, .namedRepository: method == .post
        case .systemSharedMemory(let action, _), .cudaSharedMemory(let action, _):
            (method == .get) == (action == .status)
        }
    }

    /// - Parameter path: a request target without its query.
    package static func match(path: UnsafeBufferPointer<UInt8>) -> Route? {
        if path.matches("/v2/models/stats") { return .allStatistics }
        if let rest = path.dropping("/v2/models/") { return model(rest) }
        switch String(decoding: path.prefix(512), as: UTF8.self) {
        case "/v2": return .serverMetadata
        case "/v2/health/live", "/livez": return .serverLive
        case "/v2/health/ready", "/readyz": return .serverReady
        case "/v2/logging": return .logging
        case "/v2/trace/setting": return .traceSetting
        default: break
        }
        if let rest = path.dropping("/v2/repository/") { return repository(rest) }
        if let rest = path.dropping("/v2/systemsharedmemory/") {
            return sharedMemory(rest).map { .systemSharedMemory($0, region: $1) }
        }
        if let rest = path.dropping("/v2/cudasharedmemory/") {
            return sharedMemory(rest).map { .cudaSharedMemory($0, region: $1) }
        }
        return nil
    }

    /// `NAME[/versions/N][/ACTION]`
    private static func model(_ rest: UnsafeBufferPointer<UInt8>) -> Route? {
        let (name, afterName) = rest.splitAtSlash()
        guard !name.isEmpty else { return nil }
        var path = ModelPath(name: String(decoding: name, as: UTF8.self))
        var tail = afterName
        if let afterKeyword = tail?.dropping("versions/") {
            let (digits, afterDigits) = afterKeyword.splitAtSlash()
            guard !digits.isEmpty, digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else {
                return nil
            }
            path.versionText = String(decoding: digits, as: UTF8.self)
            tail = afterDigits
        }
        guard let tail else { return .model(path, .metadata) }
        guard let action = action(tail) else { return nil }
        if action == .traceSetting, path.versionText != nil { return nil }
        return .model(path, action)
    }

    private static func action(_ text: UnsafeBufferPointer<UInt8>) -> ModelAction? {
        if text.matches("infer") { return .infer }
        if text.matches("ready") { return .ready }
        if text.matches("config") { return .config }
        if text.matches("stats") { return .stats }
        if text.matches("generate") { return .generate }
        if text.matches("generate_stream") { return .generateStream }
        if text.matches("trace/setting") { return .traceSetting }
        return nil
    }

    /// `[REPO/]index` or `[REPO/]models/NAME/load`, `…/unload`
    private static func repository(_ rest: UnsafeBufferPointer<UInt8>) -> Route? {
        if rest.matches("index") { return .repositoryIndex }
        if let control = rest.dropping("models/").flatMap(modelControl) { return control }
        let (name, tail) = rest.splitAtSlash()
        guard !name.isEmpty, let tail else { return nil }
        if tail.matches("index") { return .namedRepository }
        return tail.dropping("models/").flatMap(modelControl) == nil ? nil : .namedRepository
    }

    private static func modelControl(_ rest: UnsafeBufferPointer<UInt8>) -> Route? {
        let (name, tail) = rest.splitAtSlash()
        guard !name.isEmpty, let tail else { return nil }
        if tail.matches("load") { return .load(String(decoding: name, as: UTF8.self)) }
        if tail.matches("unload") { return .unload(String(decoding: name, as: UTF8.self)) }
        return nil
    }

    /// `[region/NAME/](status|register|unregister)`
    private static func sharedMemory(_ rest: UnsafeBufferPointer<UInt8>) -> (SharedMemoryAction, String?)? {
        guard let afterKeyword = rest.dropping("region/") else {
            return sharedMemoryAction(rest).map { ($0, nil) }
        }
        let (name, tail) = afterKeyword.splitAtSlash()
        guard !name.isEmpty, let action = tail.flatMap(sharedMemoryAction) else { return nil }
        return (action, String(decoding: name, as: UTF8.self))
    }

    private static func sharedMemoryAction(_ text: UnsafeBufferPointer<UInt8>) -> SharedMemoryAction? {
        if text.matches("status") { return .status }
        if text.matches("register") { return .register }
        return text.matches("unregister") ? .unregister : nil
    }
}

extension UnsafeBufferPointer<UInt8> {
    fileprivate func matches(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && starts(with: text)
    }

    fileprivate func dropping(_ prefix: StaticString) -> UnsafeBufferPointer<UInt8>? {
        starts(with: prefix) ? UnsafeBufferPointer(rebasing: self[prefix.utf8CodeUnitCount...]) : nil
    }

    private func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { other in
            guard count >= other.count else { return false }
            for index in 0..<other.count where self[index] != other[index] { return false }
            return true
        }
    }

    fileprivate func splitAtSlash() -> (head: UnsafeBufferPointer<UInt8>, tail: UnsafeBufferPointer<UInt8>?) {
        guard let slash = firstIndex(of: UInt8(ascii: "/")) else { return (self, nil) }
        return (
            UnsafeBufferPointer(rebasing: self[..<slash]), UnsafeBufferPointer(rebasing: self[(slash + 1)...])
        )
    }
}
