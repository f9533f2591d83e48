// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Who showed bad credentials too often: after 10 within a minute an address is told to wait, for 1 s, and for twice as
/// long with each further failure, up to 60 s. A minute without a failure after that, and all is forgotten.
///
/// What a wait means is that the next *failure* is answered with `RESOURCE_EXHAUSTED` (429) and the seconds to wait in
/// place of `UNAUTHENTICATED`, and that what is expensive to check (the signature of a token that is not in the cache)
/// is refused so without a look. An API key is still checked, and a good one still passes: a check costs less than a
/// refusal, no secret of 256 bits falls to guessing, and a stranger behind the same proxy must not be able to lock
/// others out for as long as he goes on. Failures during a wait do not prolong it for the same reason. A success
/// changes nothing, so that a good key is no cover for guessing others.
///
/// A value without a clock. Its memory is bounded: beyond ``limit`` addresses the one that failed longest ago is
/// forgotten, which costs an attacker who has that many addresses nothing that he did not have.
package struct FailureThrottle: Sendable {
    package static let defaultLimit = 4096
    package static let freeFailures = 10
    package static let windowSeconds: UInt64 = 60
    package static let longestWaitSeconds: UInt64 = 60
    private static let second: UInt64 = 1_000_000_000

    private struct Entry {
        var failures = 0
        var windowStart: MonotonicTime
        /// Waits so far; doubles the next.
        var waits = 0
        var waitsUntil = MonotonicTime(nanoseconds: 0)
    }

    private var entries: RecencyTable<IPAddress?, Entry>
    /// When the last wait of all ends: mostly all that has to be looked at.
    private var quietFrom = MonotonicTime(nanoseconds: 0)

    package init(limit: Int = defaultLimit) {
        entries = RecencyTable(capacity: limit)
    }

    package var limit: Int { entries.capacity }
    package var count: Int { entries.count }

    /// Whether nobody waits, so that an address need not be read at all.
    package func isQuiet(at now: MonotonicTime) -> Bool { now >= quietFrom }

    /// - Returns: for how many seconds, at least 1, the address is to wait; `nil` if it need not.
    package func wait(for group: IPAddress?, at now: MonotonicTime) -> Int? {
        guard !isQuiet(at: now), let position = entries.place(of: group) else { return nil }
        let left = entries[position].waitsUntil.nanoseconds(since: now)
        return left == 0 ? nil : Int((left - 1) / Self.second + 1)
    }

    /// A credential was refused.
    package mutating func failed(from group: IPAddress?, at now: MonotonicTime) {
        let position = touch(group, at: now)
        guard entries[position].waitsUntil <= now else { return }
        let sinceWait = now.nanoseconds(since: entries[position].waitsUntil)
        if entries[position].waits > 0, sinceWait >= Self.windowSeconds * Self.second {
            entries[position].waits = 0
            restartWindow(of: position, at: now)
        }
        if now.nanoseconds(since: entries[position].windowStart) >= Self.windowSeconds * Self.second,
            entries[position].waits == 0
        {
            restartWindow(of: position, at: now)
        }
        entries[position].failures += 1
        guard entries[position].failures >= Self.freeFailures else { return }
        // What follows a wait needs no ten more.
        entries[position].failures = Self.freeFailures
        let seconds = min(Self.longestWaitSeconds, 1 << UInt64(min(entries[position].waits, 6)))
        entries[position].waits += 1
        entries[position].waitsUntil = now.advanced(byNanoseconds: seconds * Self.second)
        quietFrom = max(quietFrom, entries[position].waitsUntil)
    }

    private mutating func restartWindow(of position: Int, at now: MonotonicTime) {
        entries[position].failures = 0
        entries[position].windowStart = now
    }

    private mutating func touch(_ group: IPAddress?, at now: MonotonicTime) -> Int {
        guard let known = entries.place(of: group) else {
            return entries.add(group, Entry(windowStart: now)).place
        }
        entries.use(known)
        return known
    }
}
