// SPDX-License-Identifier: Apache-2.0
import Foundation
import KServeClient

/// The outcome for one number of requests in flight.
enum BenchReport {
    case single(Measurement)
    case paired(PairedMeasurement)

    private var runs: [[Measurement]] {
        switch self {
        case .single(let run): [[run]]
        case .paired(let pair): [pair.first, pair.second]
        }
    }

    private var inFlight: Int {
        switch self {
        case .single(let run): run.inFlight
        case .paired(let pair): pair.inFlight
        }
    }

    /// Whether a server never answered with success.
    var hasOnlyFailures: Bool {
        runs.contains { $0.allSatisfy { $0.tally.succeeded == 0 && $0.tally.responses == 0 } }
    }

    static func text(_ reports: [BenchReport], labels: [String]) -> String {
        var table = TextTable(columns)
        for report in reports { report.addRows(to: &table, labels: labels) }
        let legend =
            "latencies in µs; CPU in µs per request, or per response on streams; batch is inferences per execution"
        return ([table.text, "", legend] + reports.flatMap { $0.complaints(labels: labels) }).joined(separator: "\n")
    }

    private static let columns: [(title: String, alignment: TextTable.Alignment)] = [
        ("server", .left), ("in flight", .right), ("requests/s", .right), ("p50", .right), ("p90", .right),
        ("p95", .right), ("p99", .right), ("max", .right), ("client CPU", .right), ("server CPU", .right),
        ("batch", .right), ("responses/s", .right), ("failed", .right),
    ]

    private func addRows(to table: inout TextTable, labels: [String]) {
        for (runs, label) in zip(runs, labels) {
            guard let figures = runs.first?.figures else { continue }
            var cells = [label, String(inFlight)]
            for index in figures.indices {
                cells.append(
                    Self.printed(
                        PairedMeasurement.median(index, of: runs),
                        digits: index <= Measurement.percentiles.count ? 0 : 1
                    )
                )
            }
            cells.append(String(runs.reduce(0) { $0 + $1.tally.failed }))
            table.append(cells)
        }
        guard case .paired(let pair) = self, let names = pair.first.first?.figures.map(\.name) else { return }
        let ratios = Dictionary(pair.ratios.map { ($0.name, $0) }) { $1 }
        let title = "ratio, median of \(pair.first.count)"
        table.append([title, ""] + names.map { Self.printed(ratios[$0]?.median, digits: 2) } + [""])
        table.append(["  lowest … highest", ""] + names.map { Self.range(ratios[$0]) } + [""])
    }

    private static func range(_ ratio: (name: String, median: Double, low: Double, high: Double)?) -> String {
        ratio.map { printed($0.low, digits: 2) + "…" + printed($0.high, digits: 2) } ?? "–"
    }

    private static func printed(_ value: Double?, digits: Int) -> String {
        value.map { String(format: "%.\(digits)f", $0) } ?? "–"
    }

    private func complaints(labels: [String]) -> [String] {
        zip(runs, labels).flatMap { runs, label -> [String] in
            var counts: [String: UInt64] = [:]
            for run in runs {
                for failure in run.failures { counts[failure.cause, default: 0] += failure.count }
            }
            var lines = counts.sorted { $0.value > $1.value }.map { "\(label), \(inFlight) in flight: \($1) × \($0)" }
            if let text = runs.compactMap(\.tally.firstRefusal).first { lines.append("  first of them: \(text)") }
            if counts["status 401"] != nil || counts["UNAUTHENTICATED"] != nil {
                lines.append("  \(ClientError.keyWanted)")
            }
            let changed = runs.reduce(0) { $0 + $1.tally.changedBodies }
            if changed > 0 { lines.append("\(label): \(changed) answers differ from the first") }
            return lines
        }
    }

    static func json(_ reports: [BenchReport], labels: [String]) -> JSONValue {
        .object([
            JSONMember("servers", .array(labels.filter { !$0.isEmpty }.map { .string($0) })),
            JSONMember("results", .array(reports.map(\.json))),
        ])
    }

    private var json: JSONValue {
        switch self {
        case .single(let run): return run.json
        case .paired(let pair):
            let ratios = pair.ratios.map { ratio in
                let range: [JSONMember] = [
                    JSONMember("median", .number(ratio.median)), JSONMember("low", .number(ratio.low)),
                    JSONMember("high", .number(ratio.high)),
                ]
                return JSONMember(ratio.name, .object(range))
            }
            return .object([
                JSONMember("in_flight", .integer(Int64(pair.inFlight))),
                JSONMember("first", .array(pair.first.map(\.json))),
                JSONMember("second", .array(pair.second.map(\.json))),
                JSONMember("ratios", .object(ratios)),
            ])
        }
    }
}
