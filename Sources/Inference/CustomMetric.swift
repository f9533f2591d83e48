// SPDX-License-Identifier: Apache-2.0

/// Metrics of one name that a model's own code counts, for the metrics page.
package struct CustomMetricFamily: Sendable, Equatable {
    package enum Kind: UInt32, Sendable {
        case counter, gauge, histogram
    }

    /// How often each bound was not exceeded, not counting the bounds before it.
    package struct Histogram: Sendable, Equatable {
        /// Ascending and finite; there is one more for everything beyond.
        package var bounds: [Double]
        package var counts: [UInt64]
        package var sum = 0.0

        package init(bounds: [Double]) {
            self.bounds = bounds
            counts = [UInt64](repeating: 0, count: bounds.count + 1)
        }
    }

    package struct Metric: Sendable, Equatable {
        package var labels: [String: String]
        package var value = 0.0
        /// Of a histogram, which has no `value`.
        package var histogram: Histogram?

        package init(labels: [String: String], bounds: [Double]?) {
            self.labels = labels
            histogram = bounds.map { Histogram(bounds: $0) }
        }
    }

    package var name: String
    package var help: String
    package var kind: Kind
    package var metrics: [Metric] = []

    package init(name: String, help: String, kind: Kind) {
        self.name = name
        self.help = help
        self.kind = kind
    }
}

/// What one version of a model counts.
package struct CustomMetrics: Sendable {
    package var model: ModelIdentity
    package var families: [CustomMetricFamily]

    package init(model: ModelIdentity, families: [CustomMetricFamily]) {
        self.model = model
        self.families = families
    }
}
