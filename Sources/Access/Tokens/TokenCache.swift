// SPDX-License-Identifier: Apache-2.0

/// Callers whose tokens were found good. Tokens that were not are never in it, so a flood of them displaces nobody.
package struct TokenCache {
    private struct Entry {
        var digest: TokenDigest
        var caller: Caller
        /// Seconds since 1970.
        var storedAt: Int64
        var goodUntil: Int64
        /// Neighbours in the order of last use; -1 at the ends.
        var newer: Int
        var older: Int
    }

    package let capacity: Int
    /// Longer than this nobody is believed without another look at his token.
    package let secondsLimit: Int64
    private var places: [TokenDigest: Int] = [:]
    private var entries: [Entry] = []
    private var newest = -1
    private var oldest = -1
    private var generation: UInt64 = 0

    package init(capacity: Int = 4096, secondsLimit: Int64 = 300) {
        precondition(capacity > 0, "a cache without room")
        self.capacity = capacity
        self.secondsLimit = secondsLimit
    }

    package var count: Int { entries.count }

    /// - Parameter generation: of the keys; another one than before empties the cache, since a key may be gone.
    package mutating func caller(for digest: TokenDigest, generation: UInt64, at seconds: Int64) -> Caller? {
        forget(unless: generation)
        guard let place = places[digest] else { return nil }
        let entry = entries[place]
        // A clock that was set back must not give a token more time than it was stored for.
        guard entry.storedAt <= seconds, seconds < entry.goodUntil, !entry.caller.isRevoked else { return nil }
        if place != newest {
            unlink(place)
            linkAsNewest(place)
        }
        return entry.caller
    }

    package mutating func store(_ caller: Caller, for digest: TokenDigest, generation: UInt64, at seconds: Int64) {
        forget(unless: generation)
        let goodUntil = min(caller.expiresAt ?? .max, seconds + secondsLimit)
        var entry = Entry(
            digest: digest,
            caller: caller,
            storedAt: seconds,
            goodUntil: goodUntil,
            newer: -1,
            older: -1
        )
        if let place = places[digest] ?? (entries.count < capacity ? nil : oldest) {
            unlink(place)
            places[entries[place].digest] = nil
            swap(&entries[place], &entry)
            places[digest] = place
            linkAsNewest(place)
        } else {
            places[digest] = entries.count
            entries.append(entry)
            linkAsNewest(entries.count - 1)
        }
    }

    private mutating func forget(unless generation: UInt64) {
        guard generation != self.generation else { return }
        self.generation = generation
        places.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        newest = -1
        oldest = -1
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (entries[place].newer, entries[place].older)
        if newer >= 0 { entries[newer].older = older } else { newest = older }
        if older >= 0 { entries[older].newer = newer } else { oldest = newer }
    }

    private mutating func linkAsNewest(_ place: Int) {
        entries[place].newer = -1
        entries[place].older = newest
        if newest >= 0 { entries[newest].newer = place } else { oldest = place }
        newest = place
    }
}
