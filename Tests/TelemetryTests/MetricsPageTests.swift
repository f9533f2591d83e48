// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Testing

@testable import Telemetry

@Suite("The metrics page") struct MetricsPageTests {
    private var model: ModelStatisticsSnapshot {
        var model = ModelStatisticsSnapshot(name: "digits", version: 3)
        model.success = DurationStatistic(count: 7, nanoseconds: 12_345_999)
        model.failuresByReason = [.backend: 2]
        model.inferenceCount = 28
        model.executionCount = 5
        model.queue = DurationStatistic(count: 7, nanoseconds: 1_999)
        model.computeInput = DurationStatistic(count: 7, nanoseconds: 2_000)
        model.computeInfer = DurationStatistic(count: 7, nanoseconds: 999)
        model.computeOutput = DurationStatistic(count: 7, nanoseconds: 4_000_000_000_000)
        model.pendingRequests = 4
        model.loadSeconds = 0.25
        model.metricTags = ["team": "vision"]
        return model
    }

    @Test("is what dashboards made for Triton read")
    func golden() throws {
        let host = HostUse(cpuUtilization: 0.125, memory: MemoryUse(total: 4096, used: 1024))
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "metrics.golden.txt")
        let golden = try String(contentsOf: path, encoding: .utf8)
        #expect(MetricsPage.render(models: [model], host: host) == golden)
    }

    @Test("tells what was found in models, and which were refused")
    func admissions() {
        let note = AdmissionFinding(rule: "BKL-R020", severity: "note", message: "one")
        let warning = AdmissionFinding(rule: "BKL-R010", severity: "warning", message: "two")
        let page = MetricsPage.render(
            models: [],
            admissions: [
                ModelAdmission(model: "a\"b", findings: [note, warning, note], refusals: 0),
                ModelAdmission(model: "c", findings: [], refusals: 2),
            ],
            host: nil
        )
        let lines = page.split(separator: "\n").filter { $0.hasPrefix("buckler_") }
        #expect(
            lines == [
                #"buckler_model_findings{model="a\"b",rule="BKL-R010",severity="warning"} 1"#,
                #"buckler_model_findings{model="a\"b",rule="BKL-R020",severity="note"} 2"#,
                #"buckler_model_refusals_total{model="c"} 2"#,
            ]
        )
    }

    @Test("names every family even without models, and shows no series of theirs")
    func noModels() {
        let lines = MetricsPage.render(models: [], host: nil).split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("# TYPE ") }.count == lines.filter { $0.hasPrefix("# HELP ") }.count)
        #expect(
            lines.filter { !$0.hasPrefix("#") } == [
                "nv_pinned_memory_pool_total_bytes 0", "nv_pinned_memory_pool_used_bytes 0",
            ]
        )
    }

    @Test("has no duration series if counter_latencies is off")
    func withoutLatencies() {
        let page = MetricsPage.render(models: [model], host: nil, counterLatencies: false)
        #expect(!page.contains("_duration_us{"))
        #expect(page.contains("nv_inference_request_success{"))
    }

    @Test("shows what models count themselves, each name and each series once")
    func customMetrics() {
        var counter = CustomMetricFamily(name: "things_total", help: "a\nb\\", kind: .counter)
        counter.metrics = [.init(labels: ["k": "\"\n"], bounds: nil), .init(labels: [:], bounds: nil)]
        counter.metrics[0].value = 2.5
        var times = CustomMetricFamily(name: "times", help: "", kind: .histogram)
        times.metrics = [.init(labels: ["k": "v"], bounds: [0.5, 2])]
        times.metrics[0].histogram?.counts = [1, 2, 3]
        times.metrics[0].histogram?.sum = 7.25
        var again = counter
        again.metrics = [.init(labels: [:], bounds: nil), .init(labels: ["k": "other"], bounds: nil)]
        again.metrics[0].value = 99
        let unlike = CustomMetricFamily(name: "times", help: "", kind: .gauge)
        let page = MetricsPage.render(
            models: [],
            custom: [
                CustomMetrics(model: ModelIdentity(name: "a", version: 1), families: [counter, times]),
                CustomMetrics(model: ModelIdentity(name: "b", version: 1), families: [again, unlike]),
            ],
            host: nil
        )
        let expected = #"""
            # HELP things_total a\nb\\
            # TYPE things_total counter
            things_total{k="\"\n"} 2.5
            things_total 0
            things_total{k="other"} 0
            # HELP times 
            # TYPE times histogram
            times_bucket{k="v",le="0.5"} 1
            times_bucket{k="v",le="2"} 3
            times_bucket{k="v",le="+Inf"} 6
            times_sum{k="v"} 7.25
            times_count{k="v"} 6

            """#
        #expect(page.hasSuffix(expected))
    }

    @Test("cannot be forged by the name or the tags of a model")
    func hostileLabels() {
        var model = ModelStatisticsSnapshot(name: "a\"} 1\nnv_fake 2\\", version: 1)
        model.metricTags = ["x\"}\n": "1\n2", "a.b": "dots", "a-b": "dashes"]
        let page = MetricsPage.render(models: [model], host: nil)
        #expect(
            page.contains(
                #"nv_inference_count{_a_b="dashes",_x___="1\n2",model="a\"} 1\nnv_fake 2\\",version="1"} 0"#
            )
        )
        #expect(page.split(separator: "\n").allSatisfy { !$0.hasPrefix("nv_fake") })
    }

    @Test("reads the machine's use as Triton does")
    func procFiles() throws {
        let before = try #require(CPUTicks(statistics: "cpu  10 1 5 100 4 1 1 2 9 9\ncpu0 1 1 1 1\n"))
        let after = try #require(CPUTicks(statistics: "cpu  20 1 10 180 5 1 2 2 99 99\n"))
        #expect(before == CPUTicks(busy: 20, idle: 104))
        #expect(after.utilization(since: before) == 16.0 / 97.0)
        #expect(before.utilization(since: after) == 0)
        let memory = MemoryUse(information: "MemTotal:  100 kB\nMemFree: 1 kB\nMemAvailable:  40 kB\n")
        #expect(memory == MemoryUse(total: 102_400, used: 61_440))
    }

    @Test(
        "says nothing where the machine's files are not as they should be",
        arguments: ["", "cpu0 1 2 3\n", "cpu  1 2 3\n", "intr 5\n"]
    )
    func brokenProcFiles(text: String) {
        #expect(CPUTicks(statistics: text) == nil)
        #expect(MemoryUse(information: text) == nil)
        #expect(MemoryUse(information: "MemTotal: 1 kB\nMemAvailable: 2 kB\n") == nil)
    }

    @Test("keeps a measurement for its interval")
    func sampling() throws {
        let sampler = HostUseSampler(intervalMilliseconds: 1000)
        let start = MonotonicTime.now()
        let first = try #require(sampler.sample(at: start))
        #expect(sampler.sample(at: start.advanced(byNanoseconds: 999_999_999)) == first)
        #expect(first.memory.total > first.memory.used)
        #expect((0...1).contains(first.cpuUtilization))
    }
}
