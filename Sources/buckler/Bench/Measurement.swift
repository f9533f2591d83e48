// SPDX-License-Identifier: Apache-2.0
import Histogram
import KServeClient

/// What one server did under one load.
struct Measurement: Sendable {
    var tally: LoadTally
    var inFlight: Int
    /// How long requests were counted.
    var nanoseconds: UInt64
    var clientNanoseconds: UInt64 = 0
    var serverNanoseconds: UInt64?
    /// Whether each request may have been answered many times.
    var isStreaming = false
    /// Inferences per execution, if the server tells.
    var batchFormed: Double?

    init(tally: LoadTally, inFlight: Int, nanoseconds: UInt64) {
        self.tally = tally
        self.inFlight = inFlight
        self.nanoseconds = nanoseconds
    }

    static let percentiles: [(name: String, value: Double)] = [
        ("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99), ("max", 100),
    ]

    var requestsPerSecond: Double { Double(tally.succeeded) / (Double(nanoseconds) / 1e9) }

    /// `nil` where a request has one response anyway.
    var responsesPerSecond: Double? {
        isStreaming ? Double(tally.responses) / (Double(nanoseconds) / 1e9) : nil
    }

    /// Latency in microseconds.
    func latency(_ percentile: Double) -> Double { Double(tally.latencies.valueAtPercentile(percentile)) / 1000 }

    /// Microseconds of the client's CPU for each answer, or response on a stream; failures included, as work too.
    var clientMicroseconds: Double? { perAnswer(clientNanoseconds) }

    var serverMicroseconds: Double? { serverNanoseconds.flatMap { perAnswer($0) } }

    private func perAnswer(_ nanoseconds: UInt64) -> Double? {
        let answered = (isStreaming ? tally.responses : tally.succeeded) + tally.failed
        return answered > 0 ? Double(nanoseconds) / 1000 / Double(answered) : nil
    }

    /// The figures by name, in the order in which they are shown; `nil` where there was nothing to measure.
    var figures: [(name: String, value: Double?)] {
        var figures: [(name: String, value: Double?)] = [("requests_per_second", requestsPerSecond)]
        for percentile in Self.percentiles {
            figures.append((percentile.name + "_us", tally.succeeded > 0 ? latency(percentile.value) : nil))
        }
        figures.append(("client_cpu_us", clientMicroseconds))
        figures.append(("server_cpu_us", serverMicroseconds))
        figures.append(("batch_formed", batchFormed))
        figures.append(("responses_per_second", responsesPerSecond))
        return figures
    }

    var json: JSONValue {
        var members = [
            JSONMember("in_flight", .integer(Int64(inFlight))),
            JSONMember("succeeded", .integer(Int64(tally.succeeded))),
            JSONMember("failed", .integer(Int64(tally.failed))),
            JSONMember("seconds", .number(Double(nanoseconds) / 1e9)),
        ]
        members += figures.map { JSONMember($0.name, $0.value.map { .number($0) } ?? .null) }
        if tally.failed > 0 { members.append(JSONMember("failures", failuresJSON)) }
        if tally.changedBodies > 0 {
            members.append(JSONMember("changed_bodies", .integer(Int64(tally.changedBodies))))
        }
        return .object(members)
    }

    private var failuresJSON: JSONValue {
        .object(failures.map { JSONMember($0.cause, .integer(Int64($0.count))) })
    }

    /// Failures by status or cause, most frequent first.
    var failures: [(cause: String, count: UInt64)] {
        let byStatus = tally.failedByStatus.map { (cause: "status \($0.key)", count: $0.value) }
        let byCause = tally.failedByCause.map { (cause: $0.key, count: $0.value) }
        return (byStatus + byCause).sorted { ($1.count, $0.cause) < ($0.count, $1.cause) }
    }
}

/// The middle of several measurements of the same thing.
enum Median {
    static func of(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

/// Two servers measured in turn under the same load, so that what disturbs the machine disturbs both.
struct PairedMeasurement: Sendable {
    var inFlight: Int
    var first: [Measurement] = []
    var second: [Measurement] = []

    init(inFlight: Int) { self.inFlight = inFlight }

    /// For each figure, the median over pairs of first ÷ second, with the extremes.
    var ratios: [(name: String, median: Double, low: Double, high: Double)] {
        guard let names = first.first?.figures.map(\.name) else { return [] }
        return names.indices.compactMap { index in
            let ratios = zip(first, second).compactMap { first, second -> Double? in
                guard let numerator = first.figures[index].value, let denominator = second.figures[index].value,
                    denominator > 0
                else { return nil }
                return numerator / denominator
            }
            guard let median = Median.of(ratios), let low = ratios.min(), let high = ratios.max() else { return nil }
            return (names[index], median, low, high)
        }
    }

    /// The median of one figure over the runs of one server.
    static func median(_ index: Int, of runs: [Measurement]) -> Double? {
        Median.of(runs.compactMap { $0.figures[index].value })
    }
}
