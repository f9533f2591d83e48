// SPDX-License-Identifier: Apache-2.0

/// Callers whose tokens were found good. Tokens that were not are never in it, so a flood of them displaces nobody.
package struct TokenCache {
    private struct Entry {
        var caller: Caller
        /// Seconds since 1970.
        var storedAt: Int64
        var goodUntil: Int64
    }

    /// Longer than this nobody is believed without another look at his token.
    package let secondsLimit: Int64
    private var entries: RecencyTable<TokenDigest, Entry>
    private var generation: UInt64 = 0

    package init(capacity: Int = 4096, secondsLimit: Int64 = 300) {
        entries = RecencyTable(capacity: capacity)
        self.secondsLimit = secondsLimit
    }

    package var capacity: Int { entries.capacity }
    package var count: Int { entries.count }

    /// - Parameter generation: of the keys; another one than before empties the cache, since a key may be gone.
    package mutating func caller(for digest: TokenDigest, generation: UInt64, at seconds: Int64) -> Caller? {
        forget(unless: generation)
        guard let place = entries.place(of: digest) else { return nil }
        let entry = entries[place]
        // A clock that was set back must not give a token more time than it was stored for.
        guard entry.storedAt <= seconds, seconds < entry.goodUntil, !entry.caller.isRevoked else { return nil }
        entries.use(place)
        return entry.caller
    }

    package mutating func store(_ caller: Caller, for digest: TokenDigest, generation: UInt64, at seconds: Int64) {
        forget(unless: generation)
        let goodUntil = min(caller.expiresAt ?? .max, seconds + secondsLimit)
        let entry = Entry(caller: caller, storedAt: seconds, goodUntil: goodUntil)
        if let place = entries.place(of: digest) {
            entries[place] = entry
            entries.use(place)
        } else {
            _ = entries.add(digest, entry)
        }
    }

    private mutating func forget(unless generation: UInt64) {
        guard generation != self.generation else { return }
        self.generation = generation
        entries.removeAll()
    }
}
