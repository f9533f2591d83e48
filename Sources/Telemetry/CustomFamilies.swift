// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// What models count themselves, as families of the page: each name once, and each series once.
struct CustomFamilies {
    private var byName: [String: MetricFamily] = [:]
    private var series: Set<String> = []

    /// - Parameter metrics: in the order in which they count where two are the same.
    init(_ metrics: [CustomMetrics]) {
        for one in metrics {
            for family in one.families { add(family) }
        }
    }

    var families: [MetricFamily] { byName.sorted { $0.key < $1.key }.map(\.value) }

    private mutating func add(_ custom: CustomMetricFamily) {
        let kind: MetricFamily.Kind =
            switch custom.kind {
            case .counter: .counter
            case .gauge: .gauge
            case .histogram: .histogram
            }
        var family = byName[custom.name] ?? MetricFamily(custom.name, kind, Self.escaped(custom.help))
        guard family.kind == kind else { return }
        for metric in custom.metrics {
            let labels = MetricLabels(metric.labels)
            guard series.insert(custom.name + labels.text).inserted else { continue }
            if let histogram = metric.histogram {
                Self.add(histogram, labels, to: &family)
            } else {
                family.add(metric.value, labels)
            }
        }
        byName[custom.name] = family
    }

    private static func add(
        _ histogram: CustomMetricFamily.Histogram,
        _ labels: MetricLabels,
        to family: inout MetricFamily
    ) {
        var total = 0.0
        for (bound, count) in zip(histogram.bounds + [.infinity], histogram.counts) {
            total += Double(count)
            family.add(total, labels.adding("le", MetricFamily.text(bound)), suffix: "_bucket")
        }
        family.add(histogram.sum, labels, suffix: "_sum")
        family.add(total, labels, suffix: "_count")
    }

    private static func escaped(_ help: String) -> String {
        var escaped = ""
        for scalar in help.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
