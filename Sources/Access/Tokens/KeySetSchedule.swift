// SPDX-License-Identifier: Apache-2.0
package import Inference

/// When an issuer's keys are fetched again, and how long the last good ones are believed.
package struct KeySetSchedule: Sendable, Equatable {
    package struct Settings: Sendable, Equatable {
        package var refreshSeconds = 300
        /// Between two fetches that tokens with unknown keys ask for: anyone can make up a key's id.
        /// Doubled by each that brings nothing new, up to ``refreshSeconds``, until they stop.
        package var unknownKeySeconds = 10
        /// After the first failure; doubled by each further one, up to ``refreshSeconds``.
        package var retrySeconds = 2
        package var staleSeconds = 3600

        package init() {}
    }

    private let settings: Settings
    private var triedAt: MonotonicTime?
    private var succeededAt: MonotonicTime?
    private var failures = 0
    /// Fetches in a row that were for an unknown key and brought nothing new.
    private var fruitless = 0
    private var isFetching = false
    private var isFetchingForKey = false
    private var isKeyMissing = false

    package init(settings: Settings = Settings()) { self.settings = settings }

    /// Whether keys have to be fetched now. If so, the fetch is taken to have begun.
    package mutating func fetchBegins(at now: MonotonicTime) -> Bool {
        guard !isFetching, isDue(at: now) else { return false }
        isFetching = true
        isFetchingForKey = isKeyMissing
        isKeyMissing = false
        triedAt = now
        return true
    }

    private func isDue(at now: MonotonicTime) -> Bool {
        guard let triedAt else { return true }
        let waited = now.nanoseconds(since: triedAt)
        var wait = settings.refreshSeconds
        if failures > 0 {
            wait = Self.doubled(settings.retrySeconds, failures - 1, upTo: max(wait, settings.retrySeconds))
        } else if isKeyMissing {
            wait = min(wait, Self.doubled(settings.unknownKeySeconds, fruitless, upTo: wait))
        }
        return waited >= Self.nanoseconds(wait)
    }

    private static func doubled(_ seconds: Int, _ times: Int, upTo longest: Int) -> Int {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1 << min(times, 20))
        return overflow ? longest : min(longest, product)
    }

    /// A token named a key that is not in the set.
    package mutating func keyWasUnknown() { isKeyMissing = true }

    /// - Parameter isNew: whether the keys are others than before.
    package mutating func fetchSucceeded(at now: MonotonicTime, isNew: Bool) {
        isFetching = false
        fruitless = isFetchingForKey && !isNew ? fruitless + 1 : 0
        failures = 0
        succeededAt = now
    }

    package mutating func fetchFailed() {
        isFetching = false
        failures += 1
    }

    /// Whether there is a good set that is not too old.
    package func isUsable(at now: MonotonicTime) -> Bool {
        guard let succeededAt else { return false }
        return now.nanoseconds(since: succeededAt) < Self.nanoseconds(settings.staleSeconds)
    }

    private static func nanoseconds(_ seconds: Int) -> UInt64 {
        let (product, overflow) = UInt64(max(0, seconds)).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product
    }
}
