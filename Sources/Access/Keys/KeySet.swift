// SPDX-License-Identifier: Apache-2.0

/// What came of a key that was shown.
package enum KeyAnswer: Sendable {
    case accepted(Caller)
    /// - Parameter id: whose it claims to be, where that could be read.
    case refused(KeyRefusal, id: KeyID?)
}

/// Why a key was refused: for the log only. A client is told that its credential is no good and nothing else.
package enum KeyRefusal: String, Sendable, CaseIterable {
    case malformed, unknown, revoked, expired
    case wrongSecret = "wrong secret"
}

/// The keys at one moment. It never changes; ``LiveKeys`` puts another in its place.
package final class KeySet: Sendable {
    private struct Entry {
        var verifier: KeyVerifier
        /// `nil` for one that only takes as long as others to compare.
        var holder: (record: KeyRecord, caller: Caller)?
    }

    /// At 0 stands an entry for ids that nobody has.
    private let entries: [Entry]
    private let positions: [KeyID: Int]
    /// Ids that came more than once. The first counts: that of the store, where it can be revoked.
    package let duplicates: [KeyID]

    package var count: Int { positions.count }

    /// - Parameter previous: the set in whose place this one comes. The same ``Caller`` goes on standing for a key whose
    ///   record did not change, so that what was admitted with it is still governed by it.
    package init(_ records: [KeyRecord], after previous: KeySet? = nil) {
        var entries = [Entry(verifier: .ofNoKey())]
        var positions: [KeyID: Int] = [:]
        var duplicates: [KeyID] = []
        for record in records {
            guard positions[record.id] == nil else {
                duplicates.append(record.id)
                continue
            }
            positions[record.id] = entries.count
            let caller = previous?.caller(continuedBy: record) ?? Caller(record)
            entries.append(Entry(verifier: record.verifier, holder: (record, caller)))
        }
        self.entries = entries
        self.positions = positions
        self.duplicates = duplicates
    }

    /// - Parameters:
    ///   - text: what the caller showed, without `Bearer`.
    ///   - seconds: since 1970.
    package func authenticate(_ text: some Collection<UInt8>, at seconds: Int64) -> KeyAnswer {
        guard let key = KeyText(text) else { return .refused(.malformed, id: nil) }
        let entry = entries[positions[key.id] ?? 0]
        // Before anything else is looked at, and for ids that nobody has as well: how long a refusal takes tells nothing.
        let isMatch = entry.verifier.matches(key)
        guard let (record, caller) = entry.holder else { return .refused(.unknown, id: key.id) }
        guard isMatch else { return .refused(.wrongSecret, id: key.id) }
        switch record.state(at: seconds) {
        case .active, .retiring: return .accepted(caller)
        case .replaced, .expired: return .refused(.expired, id: key.id)
        case .revoked: return .refused(.revoked, id: key.id)
        }
    }

    private func caller(continuedBy next: KeyRecord) -> Caller? {
        guard let position = positions[next.id], let (record, caller) = entries[position].holder,
            record.isContinued(by: next)
        else { return nil }
        return caller
    }

    /// To be called once `next` has taken its place: ends what goes on with keys that are gone, revoked or changed.
    /// - Returns: how many working ones those are.
    package func retire(for next: KeySet, at seconds: Int64) -> Int {
        var ended = 0
        for case let (record, caller)? in entries.map(\.holder) {
            let successor = next.positions[record.id].flatMap { next.entries[$0].holder }
            if let successor, successor.caller === caller {
                if let end = successor.record.expiresAt { caller.expire(at: end) }
                continue
            }
            caller.revoke()
            if record.state(at: seconds).isLive { ended += 1 }
        }
        return ended
    }
}

extension Caller {
    convenience init(_ record: KeyRecord) {
        self.init(
            principal: record.principal,
            credentialID: record.id.description,
            grant: record.grant,
            rate: record.rate,
            expiresAt: record.expiresAt
        )
        if record.revokedAt != nil { revoke() }
    }
}
