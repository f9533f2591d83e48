// SPDX-License-Identifier: Apache-2.0
package import Inference

/// When an issuer's keys are fetched again, and how long the last good ones are believed.
package struct KeySetSchedule: Sendable, Equatable {
    package struct Settings: Sendable, Equatable {
        package var refreshSeconds = 300
        /// Between two fetches that tokens with unknown keys ask for: anyone can make up a key's id.
        package var unknownKeySeconds = 30
        /// After the first failure; doubled by each further one, up to ``refreshSeconds``.
        package var retrySeconds = 2
        package var staleSeconds = 3600

        package init() {}
    }

    private let settings: Settings
    private var triedAt: MonotonicTime?
    private var succeededAt: MonotonicTime?
    private var failures = 0
    private var isFetching = false
    private var isKeyMissing = false

    package init(settings: Settings = Settings()) { self.settings = settings }

    /// Whether keys have to be fetched now. If so, the fetch is taken to have begun.
    package mutating func fetchBegins(at now: MonotonicTime) -> Bool {
        guard !isFetching, isDue(at: now) else { return false }
        isFetching = true
        isKeyMissing = false
        triedAt = now
        return true
    }

    private func isDue(at now: MonotonicTime) -> Bool {
        guard let triedAt else { return true }
        let waited = now.nanoseconds(since: triedAt)
        var wait = failures > 0 ? backOff : settings.refreshSeconds
        if isKeyMissing, failures == 0 { wait = min(wait, settings.unknownKeySeconds) }
        return waited >= Self.nanoseconds(wait)
    }

    private var backOff: Int {
        let longest = max(settings.refreshSeconds, settings.retrySeconds)
        let doublings = min(failures - 1, 20)
        return min(longest, settings.retrySeconds.multipliedReportingOverflow(by: 1 << doublings).partialValue)
    }

    /// A token named a key that is not in the set.
    package mutating func keyWasUnknown() { isKeyMissing = true }

    package mutating func fetchSucceeded(at now: MonotonicTime) {
        isFetching = false
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
