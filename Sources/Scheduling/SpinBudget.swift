// SPDX-License-Identifier: Apache-2.0

/// Decides how long a thread may spin before it sleeps: only if its last waits were short enough to be worth it.
struct SpinBudget {
    private let limit: UInt64
    /// A moving average of how long the thread waited, in nanoseconds.
    private var expectedWait: UInt64 = 0

    /// - Parameter limit: nanoseconds; 0 never spins.
    init(limit: UInt64) { self.limit = min(limit, 1_000_000) }

    var nanoseconds: UInt64 { expectedWait <= limit ? limit : 0 }

    mutating func waited(nanoseconds: UInt64) {
        // Capped, so that a long pause does not take long to forget.
        expectedWait = (expectedWait * 3 + min(nanoseconds, limit * 4)) / 4
    }
}
