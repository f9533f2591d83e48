// SPDX-License-Identifier: Apache-2.0
import Inference

/// What the dynamic batcher decides by: the parts of the configuration that shape a batch.
struct BatchRules: Sendable, Equatable {
    /// Ascending.
    let preferredSizes: [Int]
    let maxBatchSize: Int
    let delayNanoseconds: UInt64

    init(_ batching: DynamicBatching, maxBatchSize: Int) {
        let maximum = max(1, maxBatchSize)
        let sizes = Set(batching.preferredBatchSizes.filter { $0 > 0 && $0 <= maximum })
        preferredSizes = sizes.isEmpty ? [maximum] : sizes.sorted()
        self.maxBatchSize = maximum
        let (delay, overflow) = batching.maxQueueDelayMicroseconds.multipliedReportingOverflow(by: 1000)
        delayNanoseconds = overflow ? .max : delay
    }

    var largestPreferred: Int { preferredSizes[preferredSizes.count - 1] }
}

/// Forms one batch: it is offered the queue's requests in order, then says how many to send, or how long to wait.
///
/// It is Triton's `GetDynamicBatch` for an instance that is idle and an empty payload. Batch sizes of requests count,
/// not requests.
struct BatchFormation {
    enum Decision: Equatable {
        case send(count: Int)
        /// Nothing to do before `until`, unless requests of `size` in all are queued earlier.
        case wait(until: MonotonicTime, size: Int)
        case empty
    }

    private let rules: BatchRules
    private let countLimit: Int
    private var size = 0
    private var count = 0
    private var preferredCount = 0
    private var mayGrow = true
    private var oldest = MonotonicTime(nanoseconds: .max)

    /// - Parameter countLimit: requests that it may have.
    init(_ rules: BatchRules, countLimit: Int = .max) {
        self.rules = rules
        self.countLimit = countLimit
    }

    /// Whether the request joined the batch; after the first that does not, no more are offered.
    mutating func offer(batchSize: Int, enqueued: MonotonicTime, isCompatible: Bool) -> Bool {
        if count > 0 {
            // Sizes are bounded by the model's maximum where requests are validated; saturate rather than trust it.
            let (grown, overflow) = size.addingReportingOverflow(batchSize)
            if (overflow || grown > rules.largestPreferred) && preferredCount == 0 { preferredCount = count }
            if overflow || grown > rules.maxBatchSize || count >= countLimit || !isCompatible {
                mayGrow = false
                return false
            }
        }
        size += batchSize
        count += 1
        oldest = min(oldest, enqueued)
        if rules.preferredSizes.contains(size) { preferredCount = count }
        return true
    }

    func decision(now: MonotonicTime) -> Decision {
        guard count > 0 else { return .empty }
        let delay = rules.delayNanoseconds
        let delayExceeded = delay != 0 && now.nanoseconds(since: oldest) >= delay
        if preferredCount != 0 && !delayExceeded { return .send(count: preferredCount) }
        if !mayGrow || size >= rules.largestPreferred || delayExceeded || delay == 0 { return .send(count: count) }
        let next = rules.preferredSizes.first { $0 > size } ?? rules.maxBatchSize
        return .wait(until: oldest.advanced(byNanoseconds: delay), size: next)
    }
}
