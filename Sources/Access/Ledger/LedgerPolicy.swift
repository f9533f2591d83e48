// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Which decisions get a line of their own, and what is said of the others. Pure: time and chance are given.
package struct LedgerPolicy: Sendable {
    /// How requests that were allowed are kept. Administrative acts always get their line.
    package enum Allowed: Sendable, Equatable, CustomStringConvertible {
        case all
        /// One of so many, by chance: a caller cannot choose which.
        case sampled(oneIn: Int)
        /// Counted by who asked what, and told once in a while.
        case summary(seconds: Int)

        package var description: String {
            switch self {
            case .all: "all"
            case .sampled(let oneIn): "sampled:\(oneIn)"
            case .summary(let seconds): "summary:\(seconds)"
            }
        }
    }

    /// Kinds of allowed requests that a summary tells apart; those beyond share one line.
    package static let groupLimit = 1024

    private let allowed: Allowed
    private var denials: DenialLimiter
    private var groups: [LedgerSummary.Key: LedgerSummary] = [:]
    private var others = LedgerSummary(key: nil)
    private var groupsSince: MonotonicTime?
    private var chance: SplitMix64
    /// Whether the quota is so far used that denials get no lines of their own: a flood must not use up the rest.
    package var isSpaceShort = false

    /// - Parameter seed: what chance begins with.
    package init(allowed: Allowed, denials: DenialLimits, seed: UInt64) {
        self.allowed = allowed
        self.denials = DenialLimiter(limits: denials)
        chance = SplitMix64(seed: seed)
    }

    /// - Parameter now: asked only where time matters.
    /// - Returns: whether the entry gets a line.
    package mutating func admit(_ entry: LedgerEntry, now: () -> MonotonicTime) -> Bool {
        switch (entry.decision, allowed) {
        case (.act, _), (.allow, .all): return true
        case (.deny, _): return denials.admit(entry.address, now: now(), isSpaceShort: isSpaceShort)
        case (.allow, .sampled(let oneIn)): return chance.next() % UInt64(max(1, oneIn)) == 0
        case (.allow, .summary):
            groupsSince = groupsSince ?? now()
            let key = LedgerSummary.Key(entry)
            if groups[key] != nil || groups.count < Self.groupLimit {
                groups[key, default: LedgerSummary(key: key)].add(entry)
            } else {
                others.add(entry)
            }
            return false
        }
    }

    /// When there is something to tell of what got no line; `nil`: there is nothing.
    package var due: MonotonicTime? {
        [denials.due, groupsDue].compactMap(\.self).min()
    }

    /// What is due to be told.
    /// - Parameter all: also what is not due yet, since there will be no later.
    package mutating func takeDue(at now: MonotonicTime, all: Bool = false) -> [LedgerRecord] {
        var records: [LedgerRecord] = []
        if let due = denials.due, all || due <= now {
            records += denials.takeSuppressed(isSpaceShort: isSpaceShort).map { .suppressed($0) }
        }
        if let due = groupsDue, all || due <= now {
            records += groups.values.map { .summary($0) }
            if others.count > 0 { records.append(.summary(others)) }
            groups.removeAll(keepingCapacity: true)
            others = LedgerSummary(key: nil)
            groupsSince = nil
        }
        return records
    }

    private var groupsDue: MonotonicTime? {
        guard case .summary(let seconds) = allowed, let groupsSince else { return nil }
        return groupsSince.advanced(byNanoseconds: UInt64(max(0, min(seconds, 86_400))) * 1_000_000_000)
    }
}
