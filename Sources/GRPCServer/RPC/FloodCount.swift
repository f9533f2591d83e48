// SPDX-License-Identifier: Apache-2.0
package import Inference

/// How often something happens that may happen a number of times within a span. Pure.
package struct FloodCount: Sendable, Equatable {
    package let limit: Int
    private let spanNanoseconds: UInt64
    private var began: MonotonicTime?
    private var count = 0

    package init(limit: Int, seconds: Int) {
        self.limit = limit
        spanNanoseconds = UInt64(max(1, seconds)) &* 1_000_000_000
    }

    /// It has happened again.
    /// - Returns: whether it was one too many.
    package mutating func counts(at now: MonotonicTime) -> Bool {
        if began.map({ now.nanoseconds(since: $0) >= spanNanoseconds }) ?? true {
            began = now
            count = 0
        }
        count += 1
        return count > limit
    }
}
