// SPDX-License-Identifier: Apache-2.0

/// The two sets of defaults: `secure` unless the command line says `--profile triton`.
package enum Profile: String, Sendable, CaseIterable {
    case secure, triton
}

/// What one request may ask for. Every count is checked before anything is allocated for it.
package struct RequestLimits: Sendable, Equatable {
    /// Bytes of a request's JSON, of each tensor decoded from JSON, of a raw body, and of a body after decompression.
    package var jsonBytes: Int
    /// Bytes of a whole request body, binary tensors included.
    package var bodyBytes: Int
    package var jsonDepth: Int
    package var inputs: Int
    package var outputs: Int
    package var dimensions: Int
    package var parameters: Int
    /// Bytes of a name, a request id or a string parameter.
    package var stringBytes: Int
    /// Non-empty chunks of a chunked upload.
    package var bodyChunks: Int
    /// Of an input; `Int.max`: as many as its bytes allow.
    package var elements = Int.max
    /// Requests that one request may be a batch of; `Int.max`: as many as the model takes.
    package var batch = Int.max
    /// Whether ``jsonBytes`` is what `--model-limit` says of one model.
    package private(set) var isOfModel = false

    /// What an error about ``jsonBytes`` ends with: for the general limit, Triton's words.
    package var inputSizeHint: String {
        isOfModel
            ? "The limit is this model's own (--model-limit)." : "Use --http-max-input-size to increase the limit."
    }

    package init(profile: Profile) {
        switch profile {
        case .secure:
            jsonBytes = 10 << 20
            bodyBytes = 10 << 20
            jsonDepth = 64
            inputs = 256
            outputs = 256
            dimensions = 16
        case .triton:
            jsonBytes = 64 << 20
            bodyBytes = Int(Int32.max)
            jsonDepth = 100
            inputs = 4096
            outputs = 4096
            dimensions = 64
        }
        parameters = 1024
        stringBytes = 64 << 10
        bodyChunks = 65_536
    }
}

extension RequestLimits {
    /// No limit at all.
    package static let none: RequestLimits = {
        var limits = RequestLimits(profile: .triton)
        for limit in all { limits[keyPath: limit] = .max }
        return limits
    }()

    private static let all: [any WritableKeyPath<RequestLimits, Int> & Sendable] = [
        \.jsonBytes, \.bodyBytes, \.jsonDepth, \.inputs, \.outputs, \.dimensions, \.parameters, \.stringBytes,
        \.bodyChunks, \.elements, \.batch,
    ]

    /// Of each limit the smaller one. What a body may have after decompression is never more than what it may have.
    package func capped(by other: RequestLimits) -> RequestLimits {
        var limits = self
        for limit in Self.all { limits[keyPath: limit] = min(limits[keyPath: limit], other[keyPath: limit]) }
        limits.jsonBytes = min(limits.jsonBytes, limits.bodyBytes)
        limits.isOfModel = isOfModel || limits.jsonBytes < jsonBytes
        return limits
    }
}

/// Tighter limits that the operator wants for some models.
package struct ModelLimits: Sendable, Equatable {
    package struct Rule: Sendable, Equatable {
        package var models: Glob
        package var caps: RequestLimits

        package init(models: Glob, caps: RequestLimits) {
            self.models = models
            self.caps = caps
        }
    }

    private let rules: [Rule]

    package init(_ rules: [Rule] = []) { self.rules = rules }

    /// - Parameter general: what holds for every model.
    /// - Returns: the tightest of that and of all rules for the model.
    package func limits(of model: String, within general: RequestLimits) -> RequestLimits {
        var limits = general
        for rule in rules where rule.models.matches(model) { limits = limits.capped(by: rule.caps) }
        return limits
    }
}

/// What connections, and the server as a whole, may hold.
package struct ConnectionLimits: Sendable, Equatable {
    package var bytesInFlightPerConnection: Int
    /// A fraction of the machine's memory, in percent.
    package var bytesInFlightPercentOfMemory: Int
    package var requestsInFlight: Int
    package var connectionsPerAddress: Int
    package var connections: Int
    /// Of the answers of one streaming request that the model has given and the client has not read.
    package var responseBacklogBytes = 16 << 20
    package var headerFieldBytes = 8 << 10
    package var headerListBytes = 64 << 10
    package var headerCount = 100
    package var headerSeconds = 10
    package var bodySeconds = 60
    package var idleSeconds = 75
    /// 0: none.
    package var deadlineSeconds: Int

    package init(profile: Profile) {
        switch profile {
        case .secure:
            bytesInFlightPerConnection = 64 << 20
            bytesInFlightPercentOfMemory = 25
            requestsInFlight = 1024
            connectionsPerAddress = 256
            connections = 4096
            deadlineSeconds = 30
        case .triton:
            bytesInFlightPerConnection = 2 << 30
            bytesInFlightPercentOfMemory = 50
            requestsInFlight = .max
            connectionsPerAddress = .max
            connections = 65_536
            deadlineSeconds = 0
        }
    }
}
