// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Engines

@Suite struct MetricTableTests {
    private static func table(_ kind: CustomMetricFamily.Kind, bounds: [Double] = []) throws -> MetricTable {
        var table = MetricTable(limits: CustomMetricLimits())
        #expect(try table.family(FamilyWanted(name: "things", help: "h", kind: kind)) == 0)
        #expect(try table.metric(MetricWanted(family: 0, labels: ["a": "b"], bounds: bounds)) == 0)
        return table
    }

    @Test func whatHasTheSameNameAndLabelsIsOne() throws {
        var table = try Self.table(.counter)
        #expect(try table.family(FamilyWanted(name: "things", help: "other", kind: .counter)) == 0)
        #expect(try table.metric(MetricWanted(family: 0, labels: ["a": "b"], bounds: [])) == 0)
        #expect(try table.metric(MetricWanted(family: 0, labels: [:], bounds: [])) == 1)
        try table.measured(0, Measurement(.increment, 2))
        try table.measured(0, Measurement(.increment, 0.5))
        #expect(try table.value(0) == 2.5 && table.value(1) == 0)
        #expect(throws: ServingError.self) { try table.family(FamilyWanted(name: "things", help: "", kind: .gauge)) }
        #expect(throws: ServingError.self) { try table.metric(MetricWanted(family: 1, labels: [:], bounds: [])) }
        #expect(throws: WorkerFault.self) { try table.value(2) }
        #expect(throws: WorkerFault.self) { try table.measured(2, Measurement(.increment, 1)) }
        #expect(throws: WorkerFault.self) { try table.value(.max) }
    }

    @Test(arguments: [
        (CustomMetricFamily.Kind.counter, Measurement.Change.increment, 1.0, true), (.counter, .increment, -1, false),
        (.counter, .increment, .infinity, false), (.counter, .set, 1, false), (.counter, .observe, 1, false),
        (.gauge, .increment, -1, true), (.gauge, .set, -.infinity, true), (.gauge, .set, .nan, false),
        (.gauge, .observe, 1, false), (.histogram, .observe, .infinity, true), (.histogram, .observe, .nan, false),
        (.histogram, .increment, 1, false), (.histogram, .set, 1, false),
    ])
    func changesOfAKind(
        kind: CustomMetricFamily.Kind,
        change: Measurement.Change,
        value: Double,
        isTaken: Bool
    ) throws {
        var table = try Self.table(kind, bounds: kind == .histogram ? [1] : [])
        if isTaken {
            try table.measured(0, Measurement(change, value))
        } else {
            #expect(throws: WorkerFault.self) { try table.measured(0, Measurement(change, value)) }
        }
    }

    @Test func aHistogramCountsByBounds() throws {
        var table = try Self.table(.histogram, bounds: [0.5, 2])
        for value in [0.5, 0.1, 1, 3, 2] { try table.measured(0, Measurement(.observe, value)) }
        let histogram = try #require(table.families[0].metrics[0].histogram)
        #expect(histogram.counts == [2, 2, 1] && histogram.sum == 6.6)
        #expect(throws: WorkerFault.self) { try table.value(0) }
        #expect(throws: ServingError.self) {
            try table.metric(MetricWanted(family: 0, labels: ["a": "b"], bounds: [1]))
        }
    }

    @Test(
        arguments: [
            ([], false), ([1], true), ([1, 1], false), ([2, 1], false), ([.nan], false), ([1, .infinity], false),
            (Array(stride(from: 0, to: 64, by: 1)), true), (Array(stride(from: 0, to: 65, by: 1)), false),
        ] as [([Double], Bool)]
    )
    func buckets(bounds: [Double], isTaken: Bool) throws {
        var table = MetricTable(limits: CustomMetricLimits())
        _ = try table.family(FamilyWanted(name: "h", help: "", kind: .histogram))
        #expect(((try? table.metric(MetricWanted(family: 0, labels: [:], bounds: bounds))) != nil) == isTaken)
        _ = try table.family(FamilyWanted(name: "c", help: "", kind: .counter))
        #expect(((try? table.metric(MetricWanted(family: 1, labels: [:], bounds: bounds))) != nil) == bounds.isEmpty)
    }

    @Test(arguments: [
        ("a", true), ("a:b_9", true), ("_a", true), ("", false), ("9a", false), ("a-b", false), ("é", false),
        ("nv_a", false), ("buckler_a", false), ("nv", true), (String(repeating: "a", count: 128), true),
        (String(repeating: "a", count: 129), false), ("a\n", false), ("a{b=\"c\"}", false),
    ])
    func namesOfFamilies(name: String, isTaken: Bool) {
        var table = MetricTable(limits: CustomMetricLimits())
        #expect(((try? table.family(FamilyWanted(name: name, help: "", kind: .gauge))) != nil) == isTaken)
    }

    @Test(arguments: [
        ("a", "x", true), ("le", "x", true), ("__a", "x", false), ("a:b", "x", false), ("", "x", false),
        ("a", String(repeating: "x", count: 256), true), ("a", String(repeating: "x", count: 257), false),
    ])
    func labels(name: String, value: String, isTaken: Bool) throws {
        var table = try Self.table(.gauge)
        let wanted = MetricWanted(family: 0, labels: [name: value], bounds: [])
        #expect(((try? table.metric(wanted)) != nil) == isTaken)
        var histogram = try Self.table(.histogram, bounds: [1])
        let other = MetricWanted(family: 0, labels: [name: value], bounds: [1])
        #expect(((try? histogram.metric(other)) != nil) == (isTaken && name != "le"))
    }

    @Test func countsAreBounded() throws {
        var limits = CustomMetricLimits()
        (limits.families, limits.metrics, limits.labels) = (2, 3, 1)
        var table = MetricTable(limits: limits)
        for name in ["a", "b"] { _ = try table.family(FamilyWanted(name: name, help: "", kind: .gauge)) }
        #expect(throws: ServingError.self) { try table.family(FamilyWanted(name: "c", help: "", kind: .gauge)) }
        for family in [0, 1, 1] as [UInt64] {
            let label = ["l": "\(table.families[Int(family)].metrics.count)"]
            _ = try table.metric(MetricWanted(family: family, labels: label, bounds: []))
        }
        #expect(throws: ServingError.self) { try table.metric(MetricWanted(family: 0, labels: [:], bounds: [])) }
        var others = MetricTable(limits: limits)
        _ = try others.family(FamilyWanted(name: "a", help: "", kind: .gauge))
        #expect(throws: ServingError.self) {
            try others.metric(MetricWanted(family: 0, labels: ["a": "", "b": ""], bounds: []))
        }
    }
}
