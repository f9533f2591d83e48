// SPDX-License-Identifier: Apache-2.0
package import Inference

/// A key that was just made: the only time that its text is there.
package struct NewKey: Sendable {
    package let record: KeyRecord
    package let text: KeyText
    /// Seconds since 1970 from which the key that it was made in the place of is worth nothing, if there is one.
    package var predecessorEndsAt: Int64?

    package init(record: KeyRecord, text: KeyText) {
        self.record = record
        self.text = text
    }
}

/// The keys of a store and what can be done to them; no clock, no file.
package struct KeyTable: Sendable, Equatable {
    package static let limit = 10_000
    /// For how long a key that no longer works is still listed: 90 days, so that an id in a log can be looked up.
    package static let memory: Int64 = 90 * 86_400

    package private(set) var records: [KeyRecord] = []

    package init() {}

    /// - Throws: `.invalidArgument` for more than ``limit`` keys or an id that occurs twice.
    package init(_ records: [KeyRecord]) throws(ServingError) {
        guard records.count <= Self.limit else { throw Self.full }
        var ids: Set<KeyID> = []
        for record in records where !ids.insert(record.id).inserted {
            throw ServingError(.invalidArgument, "the key \(record.id) is there twice")
        }
        self.records = records
    }

    /// A new key, with a name that no other working key has: a name stands for one principal.
    /// - Throws: `.alreadyExists`, `.resourceExhausted`, or `.invalidArgument` for terms that no key can have.
    package mutating func create(
        _ terms: KeyTerms,
        at seconds: Int64,
        key: KeyText = .random()
    ) throws(ServingError) -> NewKey {
        try terms.check()
        if let other = records.first(where: { $0.principal.name == terms.name && $0.state(at: seconds).isLive }) {
            throw ServingError(
                .alreadyExists,
                "there is a key named '\(terms.name)' already, \(other.id): choose another name, or type: "
                    + "buckler key rotate \(terms.name)"
            )
        }
        return try add(NewKey(record: KeyRecord(terms, key: key, at: seconds), text: key), at: seconds)
    }

    /// Ends every working key of a name, or the one key of an id.
    /// - Returns: those that worked until now; none if the id names one that had ended.
    /// - Throws: `.notFound` if nothing is named so.
    package mutating func revoke(_ target: String, at seconds: Int64) throws(ServingError) -> [KeyRecord] {
        var revoked: [KeyRecord] = []
        for index in try indices(of: target) where records[index].revokedAt == nil {
            let wasLive = records[index].state(at: seconds).isLive
            records[index].revokedAt = seconds
            if wasLive { revoked.append(records[index]) }
        }
        return revoked
    }

    /// A new secret, under a new id, for the same principal on the same terms.
    /// - Parameters:
    ///   - grace: seconds for which the old key goes on working.
    ///   - expiresAt: of the new key; `nil` for as long from now as the old one was given.
    /// - Throws: `.notFound`, `.invalidArgument` if it was replaced or revoked before, or `.resourceExhausted`.
    package mutating func rotate(
        _ target: String,
        grace: Int64,
        expiresAt: Expiry = .asBefore,
        at seconds: Int64,
        key: KeyText = .random()
    ) throws(ServingError) -> NewKey {
        precondition(grace >= 0, "a grace period cannot be negative")
        let found = try indices(of: target)
        let candidates = found.filter { records[$0].revokedAt == nil && records[$0].replacedBy == nil }
        guard let index = candidates.last else {
            let last = records[found[found.count - 1]]
            let why = last.replacedBy.map { "was replaced by \($0)" } ?? "was revoked; make a new one"
            throw ServingError(.invalidArgument, "the key \(last.id) \(why)")
        }
        let old = records[index]
        let new = KeyRecord(
            id: key.id,
            principal: old.principal,
            grant: old.grant,
            rate: old.rate,
            createdAt: seconds,
            expiresAt: expiresAt.resolved(for: old, at: seconds),
            verifier: KeyVerifier(key)
        )
        var made = try add(NewKey(record: new, text: key), at: seconds)
        // Forgetting what ended long ago may have moved it.
        if let index = records.firstIndex(where: { $0.id == old.id }) {
            records[index].replacedBy = key.id
            let (sum, overflow) = seconds.addingReportingOverflow(grace)
            let end = min(old.expiresAt ?? .max, overflow ? .max : sum)
            records[index].expiresAt = end
            made.predecessorEndsAt = end
        }
        return made
    }

    package enum Expiry: Sendable, Equatable {
        case asBefore
        /// `nil`: never.
        case at(Int64?)

        fileprivate func resolved(for old: KeyRecord, at seconds: Int64) -> Int64? {
            switch self {
            case .at(let time): return time
            case .asBefore:
                guard let expiresAt = old.expiresAt else { return nil }
                let lifetime = min(
                    max(1, expiresAt.subtractingReportingOverflow(old.createdAt).partialValue),
                    TimeText.longest
                )
                return seconds + lifetime
            }
        }
    }

    private mutating func add(_ new: NewKey, at seconds: Int64) throws(ServingError) -> NewKey {
        forgetEnded(at: seconds)
        guard records.count < Self.limit else { throw Self.full }
        // 60 random bits: that it happens at all says that the generator is broken.
        guard !records.contains(where: { $0.id == new.record.id }) else {
            throw ServingError(.internalError, "a new key has the id of an old one")
        }
        records.append(new.record)
        return new
    }

    private mutating func forgetEnded(at seconds: Int64) {
        records.removeAll { record in record.endedAt(seconds).map { $0 < seconds - Self.memory } ?? false }
    }

    /// - Returns: at least one: that of an id, or those of a name that still work, or else the last that did.
    private func indices(of target: String) throws(ServingError) -> [Int] {
        let named = records.indices.filter { records[$0].principal.name == target }
        if let id = KeyID(target), let index = records.firstIndex(where: { $0.id == id }) {
            guard named.isEmpty else {
                throw ServingError(.invalidArgument, "'\(target)' is one key's id and another's name")
            }
            return [index]
        }
        guard !named.isEmpty else {
            throw ServingError(
                .notFound,
                "there is no key with the id or name '\(target.prefix(KeyTerms.nameLimit))'; see: buckler key list"
            )
        }
        return named
    }

    private static var full: ServingError {
        ServingError(.resourceExhausted, "a store holds at most \(limit) keys; revoked ones go after 90 days")
    }
}
