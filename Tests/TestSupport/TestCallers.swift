// SPDX-License-Identifier: Apache-2.0
package import Access
private import FoundationEssentials
private import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// A real gate with keys of every kind, in a home of its own that is removed with this value.
package final class TestCallers: Sendable {
    /// Models that a caller with keys for other models reaches.
    package static let elsewhere = "elsewhere"

    package let gate: AccessGate
    /// What can be shown, good and bad.
    package let shown: [ShownCredential]
    private let keys: LiveKeys
    private let store: KeyStore
    private let path: String
    private let texts: [String: String]

    /// - Parameter visible: what a key for one model reaches.
    package init(visible: String) throws {
        path = "/tmp/buckler-callers-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        store = KeyStore(home: try BucklerHome(path))
        var fixed = FixedKeys()
        shown = try Self.table(&fixed, visible: visible)
        texts = fixed.texts
        keys = try LiveKeys(origins: [store], fixed: fixed.records)
        var parts = AccessGate.Parts(
            authenticator: Authenticator(keys: keys),
            flight: Flight(bytes: 1 << 30, requests: 4096),
            ledger: nil,
            requestLimit: 4096,
            contendedAt: 4096
        )
        // Each request of a test comes from an address of its own, or the throttle of bad credentials would answer.
        parts.proxies = ForwardedFor(trusted: [try AddressBlock("127.0.0.0/8")])
        gate = AccessGate(parts)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Whether every permit was given back.
    package var holdsNothing: Bool { gate.inFlight == (0, 0) }

    /// The secret of a key that no test revokes: `all`, `other` (both for all models), `here`, `elsewhere`, or a scope.
    package func key(_ name: String) -> String { texts[name] ?? "" }

    package func shown(_ name: String) -> ShownCredential {
        guard let found = shown.first(where: { $0.name == name }) else {
            preconditionFailure("no credential '\(name)'")
        }
        return found
    }

    /// A key in the store, which ``revoke(_:)`` can end.
    package func makeKey(_ name: String) throws -> String {
        var terms = try KeyTerms(name: name)
        try terms.set(.scopes, to: Scope.grantable.map(\.rawValue).joined(separator: ","), at: Self.now)
        let new = try store.update { [terms] (table) throws(ServingError) in try table.create(terms, at: Self.now) }
        _ = keys.refresh(at: Self.now)
        return new.text.secretText
    }

    /// As `buckler key revoke` does, and as a running server then sees it.
    package func revoke(_ name: String) throws {
        _ = try store.update { (table) throws(ServingError) in try table.revoke(name, at: Self.now) }
        _ = keys.refresh(at: Self.now)
    }

    private static var now: Int64 { Int64(time(nil)) }

    private static func table(_ keys: inout FixedKeys, visible: String) throws -> [ShownCredential] {
        let all = try keys.add("all", Grant.everything)
        let other = try keys.add("other", Grant.everything)
        let here = Grant(scopes: .all, models: [try ModelPattern(visible)])
        let away = Grant(scopes: .all, models: [try ModelPattern(Self.elsewhere + "*")])
        func bearer(_ key: String) -> [(name: String, value: String)] { [("authorization", "Bearer " + key)] }
        let spoilt = String(all.dropLast()) + (all.last == "0" ? "1" : "0")
        var rows = [
            ShownCredential("none", [], nil),
            ShownCredential("empty bearer", [("authorization", "Bearer")], nil),
            ShownCredential("empty key", [("x-api-key", "")], nil),
            ShownCredential("malformed", bearer("bkl_short"), nil),
            ShownCredential("mistyped", bearer(spoilt), nil),
            ShownCredential("truncated", bearer(String(all.dropLast(9))), nil),
            ShownCredential("oversized", bearer(String(repeating: "k", count: 4000)), nil),
            ShownCredential("unsigned token", bearer("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."), nil),
            ShownCredential("unknown", bearer(KeyText.random().secretText), nil),
            ShownCredential("wrong secret", bearer(keys.impostor(of: "all")), nil),
            ShownCredential("expired", bearer(try keys.add("expired", .everything, expiresAt: 1)), nil),
            ShownCredential("revoked", bearer(try keys.add("revoked", .everything, revokedAt: 1)), nil),
            ShownCredential("basic", [("authorization", "Basic " + all)], nil),
            ShownCredential("no scheme", [("authorization", all)], nil),
            ShownCredential("cookie", [("cookie", "x-api-key=\(all)"), ("proxy-authorization", "Bearer " + all)], nil),
            ShownCredential("two keys", bearer(all) + [("x-api-key", other)], nil),
            ShownCredential("key twice", [("x-api-key", all), ("x-api-key", other)], nil),
            ShownCredential("bearer twice", bearer(other) + bearer(all), nil),
            ShownCredential("good and bad", bearer("bkl_short") + [("x-api-key", all)], nil),
            ShownCredential("key and basic", [("authorization", "Basic eDp5"), ("x-api-key", all)], nil),
            ShownCredential("all", bearer(all), .everything),
            ShownCredential("all as key", [("x-api-key", all)], .everything),
            ShownCredential("odd case", [("authorization", "bEaReR " + all)], .everything),
            ShownCredential("the same twice", bearer(all) + [("x-api-key", all)], .everything),
            ShownCredential("here", bearer(try keys.add("here", here)), here),
            ShownCredential("elsewhere", bearer(try keys.add("elsewhere", away)), away),
        ]
        for scope in Scope.grantable {
            let grant = Grant(scopes: ScopeSet([scope]), models: [.all])
            rows.append(ShownCredential(scope.rawValue, bearer(try keys.add(scope.rawValue, grant)), grant))
        }
        return rows
    }
}

/// Keys that are there from the start, as those of `BUCKLER_API_KEYS` are.
private struct FixedKeys {
    var records: [KeyRecord] = []
    var texts: [String: String] = [:]
    private var count: UInt64 = 0

    mutating func add(
        _ name: String,
        _ grant: Grant,
        expiresAt: Int64? = nil,
        revokedAt: Int64? = nil
    ) throws -> String {
        count += 1
        var generator = SameBeginning(first: count << 8)
        let text = KeyText.random(using: &generator)
        records.append(
            KeyRecord(
                id: text.id,
                principal: Principal(name: name),
                grant: grant,
                createdAt: 0,
                expiresAt: expiresAt,
                revokedAt: revokedAt,
                verifier: KeyVerifier(text)
            )
        )
        texts[name] = text.secretText
        return text.secretText
    }

    /// Another secret under the id of the key that was made first.
    func impostor(of name: String) -> String {
        var generator = SameBeginning(first: 1 << 8)
        let text = KeyText.random(using: &generator)
        precondition(text.id == records.first?.id && text.secretText != texts[name])
        return text.secretText
    }
}

/// Gives keys the same id and different secrets.
private struct SameBeginning: RandomNumberGenerator {
    var first: UInt64?
    private var rest = SystemRandomNumberGenerator()

    init(first: UInt64) { self.first = first }

    mutating func next() -> UInt64 {
        defer { first = nil }
        return first ?? rest.next()
    }
}
