// SPDX-License-Identifier: Apache-2.0
import Inference

/// How one model's requests are queued and batched.
package struct SchedulerSettings: Sendable {
    /// The `max_batch_size` of the model: 0 if its requests carry no batch dimension.
    package var maxBatchSize: Int
    /// `nil`: Triton's default scheduler, which runs each request alone in the order of arrival.
    package var batching: DynamicBatching?
    /// Which requests may share a batch; `nil` if all may.
    package var compatibility: BatchCompatibility?
    /// Requests of a decoupled model may end after `execute` has returned.
    package var isDecoupled = false
    package var queueLimits = QueueLimits.unlimited
    /// The start of the instance threads' names; the kernel keeps 15 bytes.
    package var threadNamePrefix = "instance"
    /// Where the instances' threads come from.
    package var threads = InstanceThreads.shared
    /// How long an instance thread may spin for its next request before it sleeps. 0: it sleeps at once.
    package var spinNanoseconds: UInt64 = InstanceThreads.defaultSpinNanoseconds
    /// Executions that take no longer may run on the thread that submitted the requests. 0: none do.
    ///
    /// Only for models whose cost a request cannot choose: all dimensions but the batch are fixed.
    package var inlineLimitNanoseconds: UInt64 = 0
    /// `TRITONSERVER_DELAY_SCHEDULER`: the dynamic batcher stands still until this many requests are queued once.
    package var holdUntilQueued = 0

    package init(maxBatchSize: Int, batching: DynamicBatching? = nil, compatibility: BatchCompatibility? = nil) {
        self.maxBatchSize = maxBatchSize
        self.batching = batching
        self.compatibility = compatibility
    }
}

/// The `dynamic_batching` of a model's configuration.
package struct DynamicBatching: Sendable, Equatable {
    /// Empty: the maximum batch size is the one that is preferred, as Triton normalises it.
    package var preferredBatchSizes: [Int] = []
    package var maxQueueDelayMicroseconds: UInt64 = 0
    package var preserveOrdering = false
    /// 0: no priorities. Level 1 is the highest.
    package var priorityLevels: UInt64 = 0
    package var defaultPriorityLevel: UInt64 = 0
    package var defaultQueuePolicy = QueuePolicy()
    package var priorityQueuePolicies: [UInt64: QueuePolicy] = [:]

    package init() {}
}

/// The `ModelQueuePolicy` of one priority level.
package struct QueuePolicy: Sendable, Equatable {
    package enum TimeoutAction: Sendable, Equatable {
        /// A request that waited too long is answered with an error.
        case reject
        /// A request that waited too long goes behind all of its level that have not.
        case delay
    }

    package var timeoutAction = TimeoutAction.reject
    /// 0: requests wait for as long as it takes, and their own timeouts do not count.
    package var defaultTimeoutMicroseconds: UInt64 = 0
    /// Whether a request may shorten its timeout; it can never prolong it.
    package var allowTimeoutOverride = false
    /// 0: no limit.
    package var maxQueueSize = 0

    package init() {}

    package init(
        timeoutAction: TimeoutAction = .reject,
        defaultTimeoutMicroseconds: UInt64 = 0,
        allowTimeoutOverride: Bool = false,
        maxQueueSize: Int = 0
    ) {
        self.timeoutAction = timeoutAction
        self.defaultTimeoutMicroseconds = defaultTimeoutMicroseconds
        self.allowTimeoutOverride = allowTimeoutOverride
        self.maxQueueSize = maxQueueSize
    }

    /// When a request enqueued at `enqueued` has waited too long; `nil` if never.
    func timeout(enqueued: MonotonicTime, requestedMicroseconds requested: UInt64) -> MonotonicTime? {
        var microseconds = defaultTimeoutMicroseconds
        if allowTimeoutOverride, requested != 0, requested < microseconds { microseconds = requested }
        guard microseconds != 0 else { return nil }
        let (nanoseconds, overflow) = microseconds.multipliedReportingOverflow(by: 1000)
        return overflow ? nil : enqueued.advanced(byNanoseconds: nanoseconds)
    }
}

/// What the server lets any one model hold in its queue, whatever the model's own configuration says.
package struct QueueLimits: Sendable, Equatable {
    package var requests: Int
    package var bytes: Int

    package init(requests: Int, bytes: Int) {
        self.requests = requests
        self.bytes = bytes
    }

    package static let unlimited = QueueLimits(requests: .max, bytes: .max)
}
