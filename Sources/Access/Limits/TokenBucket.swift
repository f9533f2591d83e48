// SPDX-License-Identifier: Apache-2.0
package import Inference

/// How fast a bucket fills, and how much it holds.
package struct BucketRate: Sendable, Hashable {
    /// Units a second; 0 for a bucket that never fills again.
    package let perSecond: Double
    /// Units, at least one.
    package let burst: Double

    /// What is not a number, negative or beyond any traffic is brought back to what can be reckoned with.
    package init(perSecond: Double, burst: Double) {
        self.perSecond = perSecond > 0 ? min(perSecond, 1e15) : 0
        self.burst = burst > 1 ? min(burst, 1e15) : 1
    }
}

/// Units that a caller may still use. It starts full.
package struct TokenBucket: Sendable, Equatable {
    /// Negative after something larger than the bucket was let through: that is paid off first.
    package private(set) var level: Double
    private var filledAt: MonotonicTime

    package init(rate: BucketRate, at now: MonotonicTime) {
        level = rate.burst
        filledAt = now
    }

    /// Takes `amount` if it is there. More than the bucket holds is let through when the bucket is full, and owed: else
    /// it could never be let through, and in the long run the rate holds all the same.
    /// - Returns: `nil`, or the seconds after which another try can succeed; infinity for never. Nothing is taken then.
    package mutating func take(_ amount: Double, rate: BucketRate, at now: MonotonicTime) -> Double? {
        refill(rate, at: now)
        let amount = amount > 0 ? min(amount, 1e18) : 0
        let needed = min(amount, rate.burst)
        guard level >= needed else { return Self.seconds(for: needed - level, rate: rate) }
        level -= amount
        return nil
    }

    /// Takes `amount` whatever is there: for what was used before it could be refused.
    package mutating func charge(_ amount: Double, rate: BucketRate, at now: MonotonicTime) {
        refill(rate, at: now)
        level = max(level - (amount > 0 ? min(amount, 1e18) : 0), -1e18)
    }

    /// Seconds until it is full; 0 if it is, infinity for never.
    package func secondsUntilFull(rate: BucketRate) -> Double {
        level >= rate.burst ? 0 : Self.seconds(for: rate.burst - level, rate: rate)
    }

    package mutating func refill(_ rate: BucketRate, at now: MonotonicTime) {
        let added = Double(now.nanoseconds(since: filledAt)) / 1e9 * rate.perSecond
        let filled = min(rate.burst, level + added)
        let gained = filled - level
        level = filled
        if filled >= rate.burst || abs(gained - added) <= added * 1e-6 {
            filledAt = max(filledAt, now)
        } else if gained > 0 {
            // Too little was added for the precision of the level. What was rounded off, or on, is made up for by the
            // next one, or frequent calls would change the rate.
            filledAt = filledAt.advanced(byNanoseconds: UInt64(min(gained / rate.perSecond * 1e9, 1e18)))
        }
    }

    private static func seconds(for units: Double, rate: BucketRate) -> Double {
        rate.perSecond > 0 ? units / rate.perSecond : .infinity
    }
}
