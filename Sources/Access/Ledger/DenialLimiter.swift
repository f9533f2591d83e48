// SPDX-License-Identifier: Apache-2.0
package import Inference

/// How many denials get a line of their own.
package struct DenialLimits: Sendable, Equatable {
    /// Of one address: at once after a pause, and in the long run.
    package var burst = 10.0
    package var perSecond = 1.0
    /// Of all addresses together, in a second.
    package var totalPerSecond = 200.0
    /// Addresses that are told apart; of those that no longer fit only the sum is kept.
    package var addresses = 4096
    /// How long suppressed denials are counted before a line says how many they were.
    package var summarySeconds = 10.0
    /// Addresses that such a summary lists; the others share a line.
    package var summaryLines = 64

    package init() {}
}

/// Decides which denials get a line and counts the others by address, in bounded memory. Pure: the time is given.
package struct DenialLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: MonotonicTime

        /// Whether there was one to take, once what came since then is added.
        mutating func hasToken(burst: Double, perSecond: Double, now: MonotonicTime) -> Bool {
            tokens = min(burst, tokens + Double(now.nanoseconds(since: at)) / 1e9 * perSecond)
            at = max(at, now)
            return tokens >= 1
        }
    }

    private struct Slot {
        var bucket: Bucket
        var suppressed: UInt64 = 0
    }

    /// Bytes of an address that are looked at.
    private static let addressLimit = 64

    private let limits: DenialLimits
    private var slots: RecencyTable<String, Slot>
    private var total: Bucket?
    private var others: UInt64 = 0
    private var suppressedSince: MonotonicTime?

    package init(limits: DenialLimits) {
        self.limits = limits
        slots = RecencyTable(capacity: max(1, limits.addresses))
    }

    /// Addresses that are told apart at the moment.
    package var addressCount: Int { slots.count }

    /// - Parameter isSpaceShort: whether only sums may still be written.
    /// - Returns: whether the denial gets a line.
    package mutating func admit(_ address: String, now: MonotonicTime, isSpaceShort: Bool) -> Bool {
        let slot = use(bounded(address), now: now)
        var all = total ?? Bucket(tokens: limits.totalPerSecond, at: now)
        let hasRoom = all.hasToken(burst: max(1, limits.totalPerSecond), perSecond: limits.totalPerSecond, now: now)
        let mayWrite =
            slots[slot].bucket.hasToken(burst: max(1, limits.burst), perSecond: limits.perSecond, now: now)
            && hasRoom && !isSpaceShort
        if mayWrite {
            slots[slot].bucket.tokens -= 1
            all.tokens -= 1
        } else {
            slots[slot].suppressed &+= 1
            suppressedSince = suppressedSince ?? now
        }
        total = all
        return mayWrite
    }

    /// When the suppressed should be told; `nil`: there are none.
    package var due: MonotonicTime? {
        suppressedSince?.advanced(byNanoseconds: UInt64(max(0, min(limits.summarySeconds, 86_400)) * 1e9))
    }

    /// What was suppressed since the last call: the addresses with most of it, then the sum of the others.
    package mutating func takeSuppressed(isSpaceShort: Bool) -> [DenialSuppression] {
        var found: [DenialSuppression] = []
        for slot in slots.indices where slots[slot].suppressed > 0 {
            found.append(DenialSuppression(address: slots.key(at: slot), count: slots[slot].suppressed))
            slots[slot].suppressed = 0
        }
        found.sort { $0.count > $1.count }
        let listed = isSpaceShort ? 0 : max(0, limits.summaryLines)
        let rest = found.dropFirst(listed).reduce(others) { $0 &+ $1.count }
        others = 0
        suppressedSince = nil
        return found.prefix(listed) + (rest > 0 ? [DenialSuppression(address: nil, count: rest)] : [])
    }

    private func bounded(_ address: String) -> String {
        address.utf8.count <= Self.addressLimit
            ? address : String(decoding: address.utf8.prefix(Self.addressLimit), as: UTF8.self)
    }

    private mutating func use(_ address: String, now: MonotonicTime) -> Int {
        if let slot = slots.place(of: address) {
            slots.use(slot)
            return slot
        }
        let fresh = Slot(bucket: Bucket(tokens: max(1, limits.burst), at: now))
        let (slot, forgotten) = slots.add(address, fresh)
        others &+= forgotten?.suppressed ?? 0
        return slot
    }
}
