// SPDX-License-Identifier: Apache-2.0
package import Inference

/// What a key is to be good for, as it is written on a command line or beside a key in a file.
package struct KeyTerms: Sendable, Equatable {
    package enum Field: String, Sendable, CaseIterable {
        case name, tenant, scopes, models, expires, rate, burst, concurrent
        case bytesPerSecond = "bytes-per-second"
    }

    package static let nameLimit = 64
    package static let modelsLimit = 64
    /// What a key may do if nothing else is asked for: use models, but not steer the server or watch others.
    package static let defaultScopes: ScopeSet = ScopeSet([.infer, .metadata])

    package private(set) var name: String
    package private(set) var tenant: String?
    package private(set) var scopes = defaultScopes
    package private(set) var models = [ModelPattern.all]
    package private(set) var expiresAt: Int64?
    package private(set) var rate = RateRule.unlimited

    /// - Throws: `.invalidArgument` for a name that ``check(name:of:)`` refuses.
    package init(name: String) throws(ServingError) {
        try Self.check(name: name, of: "key")
        self.name = name
    }

    /// Names of principals and tenants: 1 to 64 letters, digits and `. _ - @`, the first a letter or digit. They are
    /// printed in logs, tables and labels, so nothing that could be mistaken for something else is in them.
    package static func check(name: String, of what: String) throws(ServingError) {
        func isPlain(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: false
            }
        }
        let bytes = name.utf8
        guard let first = bytes.first, bytes.count <= nameLimit, isPlain(first),
            bytes.allSatisfy({ isPlain($0) || "._-@".utf8.contains($0) })
        else {
            throw ServingError(
                .invalidArgument,
                "the name of a \(what) is 1 to \(nameLimit) letters, digits and . _ - @, and starts with a letter or digit"
            )
        }
        guard !name.hasPrefix(KeyText.prefix) else {
            throw ServingError(.invalidArgument, "the name of a \(what) cannot start with \(KeyText.prefix)")
        }
        guard name != Principal.anonymous.name else {
            throw ServingError(.invalidArgument, "'\(name)' stands for callers without a key; choose another name")
        }
    }

    /// - Parameters:
    ///   - text: as it was typed: lists with commas, times as ``TimeText`` reads them, rates as ``RateText`` does.
    ///   - seconds: since 1970; what times are counted from. `nil` for what is read again and again: then a time is a
    ///     date, which may have passed, since `90d` would never come.
    package mutating func set(_ field: Field, to text: String, at seconds: Int64?) throws(ServingError) {
        switch field {
        case .name:
            try Self.check(name: text, of: "key")
            name = text
        case .tenant:
            try Self.check(name: text, of: "tenant")
            tenant = text
        case .scopes: scopes = try Self.scopes(Self.list(text))
        case .models: models = try Self.models(Self.list(text))
        case .expires:
            if let seconds {
                expiresAt = try TimeText.expiry(text, at: seconds)
            } else {
                expiresAt = try TimeText.dateOrNever(text)
            }
        case .rate: rate.requestsPerSecond = try RateText.requestsPerSecond(text)
        case .burst: rate.burst = try RateText.burst(text)
        case .bytesPerSecond: rate.bytesPerSecond = try RateText.bytesPerSecond(text)
        case .concurrent: rate.concurrentRequests = try RateText.concurrentRequests(text)
        }
    }

    /// What only all fields together can tell.
    package func check() throws(ServingError) { try RateText.check(rate) }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    }

    static func scopes(_ names: [String]) throws(ServingError) -> ScopeSet {
        guard !names.isEmpty else { throw ServingError(.invalidArgument, "a key needs at least one scope") }
        guard names.count <= Scope.allCases.count else {
            throw ServingError(.invalidArgument, "a key has each scope once")
        }
        var scopes: [Scope] = []
        for name in names { scopes.append(try Scope.grantable(named: name)) }
        return ScopeSet(scopes)
    }

    static func models(_ texts: [String]) throws(ServingError) -> [ModelPattern] {
        guard !texts.isEmpty else { throw ServingError(.invalidArgument, "a key needs at least one pattern of models") }
        guard texts.count <= modelsLimit else {
            throw ServingError(.invalidArgument, "a key has at most \(modelsLimit) patterns of models")
        }
        var models: [ModelPattern] = []
        for text in texts { models.append(try ModelPattern(text)) }
        return models
    }
}
