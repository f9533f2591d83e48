// SPDX-License-Identifier: Apache-2.0
import Histogram
import KServeClient

/// What one event loop has seen since counting began. Used on that loop only, then added to the others'.
struct LoadTally: Sendable {
    /// Latencies in nanoseconds of the requests that were answered with success.
    private(set) var latencies = Histogram<UInt64>(highestTrackableValue: 60_000_000_000)
    private(set) var succeeded: UInt64 = 0
    private(set) var failedByStatus: [Int: UInt64] = [:]
    /// Requests without a readable answer, by what happened.
    private(set) var failedByCause: [String: UInt64] = [:]
    /// Responses on streams, where a request may have any number.
    private(set) var responses: UInt64 = 0
    /// Answers whose body was not the first one's, when bodies are compared.
    private(set) var changedBodies: UInt64 = 0
    /// The start of the first answer that was not a success.
    private(set) var firstRefusal: String?

    mutating func succeeded(after nanoseconds: UInt64, bodyChanged: Bool) {
        succeeded += 1
        if bodyChanged { changedBodies += 1 }
        _ = latencies.record(min(nanoseconds, latencies.highestTrackableValue))
    }

    mutating func refused(status: Int, body: @autoclosure () -> String) {
        failedByStatus[status, default: 0] += 1
        if firstRefusal == nil { firstRefusal = body() }
    }

    mutating func responded() { responses += 1 }

    /// A call that ended with another status than OK.
    mutating func refused(_ status: GRPCStatus, words: @autoclosure () -> String) {
        failedByCause[status.name, default: 0] += 1
        if firstRefusal == nil { firstRefusal = words() }
    }

    mutating func failed(_ cause: String, count: Int = 1) {
        failedByCause[cause, default: 0] += UInt64(count)
    }

    var failed: UInt64 { failedByStatus.values.reduce(0, +) + failedByCause.values.reduce(0, +) }

    mutating func add(_ other: LoadTally) {
        latencies.add(other.latencies)
        succeeded += other.succeeded
        responses += other.responses
        changedBodies += other.changedBodies
        failedByStatus.merge(other.failedByStatus, uniquingKeysWith: +)
        failedByCause.merge(other.failedByCause, uniquingKeysWith: +)
        firstRefusal = firstRefusal ?? other.firstRefusal
    }
}
