// SPDX-License-Identifier: Apache-2.0
package import Inference

/// When the writer works and until when it sleeps. Pure: told what there is, with the time.
package struct LedgerPace: Sendable {
    package struct View: Sendable {
        package var hasLines: Bool
        package var isUrgent: Bool
        package var isStopping: Bool
        /// When there is something else to do.
        package var due: MonotonicTime?

        package init(hasLines: Bool, isUrgent: Bool = false, isStopping: Bool = false, due: MonotonicTime? = nil) {
            self.hasLines = hasLines
            self.isUrgent = isUrgent
            self.isStopping = isStopping
            self.due = due
        }
    }

    package enum Step: Sendable, Equatable {
        case work
        /// `nil`: for as long as nothing happens.
        case sleep(until: MonotonicTime?)
    }

    /// How long lines are gathered for one write. Half of what is promised: the other half is the disk's.
    package static let gatherNanoseconds: UInt64 = 50_000_000
    /// How long after a failure it is tried again.
    package static let retryNanoseconds: UInt64 = 200_000_000

    private var gatheringEnds: MonotonicTime?
    private var retryAt: MonotonicTime?

    package init() {}

    package mutating func next(_ view: View, now: MonotonicTime) -> Step {
        if view.isStopping { return .work }
        if let retryAt { return retryAt <= now ? .work : .sleep(until: retryAt) }
        if !view.hasLines {
            gatheringEnds = nil
        } else if gatheringEnds == nil {
            gatheringEnds = now.advanced(byNanoseconds: Self.gatherNanoseconds)
        }
        let due = [gatheringEnds, view.due].compactMap(\.self).min()
        return view.isUrgent || due.map { $0 <= now } ?? false ? .work : .sleep(until: due)
    }

    package mutating func worked() { (gatheringEnds, retryAt) = (nil, nil) }

    package mutating func failed(at now: MonotonicTime) {
        retryAt = now.advanced(byNanoseconds: Self.retryNanoseconds)
    }
}
