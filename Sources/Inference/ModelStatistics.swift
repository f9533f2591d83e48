// SPDX-License-Identifier: Apache-2.0

/// How often something happened and how long it took in all.
package struct DurationStatistic: Sendable, Equatable {
    package var count: UInt64 = 0
    package var nanoseconds: UInt64 = 0

    package init(count: UInt64 = 0, nanoseconds: UInt64 = 0) {
        self.count = count
        self.nanoseconds = nanoseconds
    }

    package mutating func add(nanoseconds duration: UInt64, count occurrences: UInt64 = 1) {
        count &+= occurrences
        nanoseconds &+= duration
    }
}

/// The counters of one version of one model since it was loaded, as Triton's statistics extension names them.
package struct ModelStatisticsSnapshot: Sendable {
    package struct Batch: Sendable, Equatable {
        package var computeInput = DurationStatistic()
        package var computeInfer = DurationStatistic()
        package var computeOutput = DurationStatistic()

        package init() {}
    }

    package struct Response: Sendable, Equatable {
        package var computeInfer = DurationStatistic()
        package var computeOutput = DurationStatistic()
        package var success = DurationStatistic()
        package var fail = DurationStatistic()
        package var emptyResponse = DurationStatistic()
        package var cancel = DurationStatistic()

        package init() {}
    }

    package var name: String
    package var version: Int64
    /// Milliseconds since 1970; 0 if the model was never asked.
    package var lastInference: UInt64 = 0
    package var inferenceCount: UInt64 = 0
    package var executionCount: UInt64 = 0
    package var success = DurationStatistic()
    package var fail = DurationStatistic()
    package var queue = DurationStatistic()
    package var computeInput = DurationStatistic()
    package var computeInfer = DurationStatistic()
    package var computeOutput = DurationStatistic()
    package var cacheHit = DurationStatistic()
    package var cacheMiss = DurationStatistic()
    package var failuresByReason: [ServingError.Reason: UInt64] = [:]
    /// Keyed by the batch size of an execution.
    package var batches: [Int: Batch] = [:]
    /// Keyed by the index of a response within its request; only for decoupled models.
    package var responses: [Int: Response] = [:]
    package var pendingRequests: Int = 0
    package var loadSeconds: Double = 0
    /// `metric_tags` of the configuration, which become labels.
    package var metricTags: [String: String] = [:]

    package init(name: String, version: Int64) {
        self.name = name
        self.version = version
    }
}
