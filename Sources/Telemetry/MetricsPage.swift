// SPDX-License-Identifier: Apache-2.0
package import Inference

/// The page that Prometheus reads. Names, labels, types and help are those of Triton's `metrics.cc`: dashboards know
/// them.
package enum MetricsPage {
    package static let contentType = "text/plain; charset=utf-8"

    /// - Parameters:
    ///   - models: versions that are loaded; the series of others are not there.
    ///   - custom: what models count themselves; of two with the same name and labels the first is shown.
    ///   - admissions: what the rules have said of models.
    ///   - host: `nil` if the machine's use is not shown.
    ///   - counterLatencies: whether the `…_duration_us` counters have series.
    package static func render(
        models: [ModelStatisticsSnapshot],
        custom: [CustomMetrics] = [],
        admissions: [ModelAdmission] = [],
        host: HostUse?,
        counterLatencies: Bool = true
    ) -> String {
        let models = models.map { ($0, labels(of: $0)) }
        var families = counters(models)
        families += durations(counterLatencies ? models : [])
        families += gauges(models)
        families += memoryPools()
        families += withoutSeries
        families += machine(host)
        // Not Triton's, and so only where there is something to say.
        families += admission(admissions)
        families += CustomFamilies(custom).families
        return families.map(\.text).joined()
    }

    private static func admission(_ models: [ModelAdmission]) -> [MetricFamily] {
        var findings = MetricFamily(
            "buckler_model_findings",
            .gauge,
            "Number of unsafe things that were found in a model when it was loaded"
        )
        var refusals = MetricFamily(
            "buckler_model_refusals_total",
            .counter,
            "Number of loads that were refused because of what was found in the model"
        )
        for model in models {
            let labels = MetricLabels(["model": model.model])
            let counts = Dictionary(grouping: model.findings) { [$0.rule, $0.severity] }.mapValues { UInt64($0.count) }
            for (key, count) in counts.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                findings.add(count, labels.adding("rule", key[0]).adding("severity", key[1]))
            }
            if model.refusals > 0 { refusals.add(model.refusals, labels) }
        }
        return [findings, refusals].filter { !$0.isEmpty }
    }

    private typealias LabelledModels = [(ModelStatisticsSnapshot, MetricLabels)]

    private static func labels(of model: ModelStatisticsSnapshot) -> MetricLabels {
        var labels: [String: String] = [:]
        // Sorted, so that of two tags that become one label it is always the same that stays.
        for (key, value) in model.metricTags.sorted(by: { $0.key < $1.key }) {
            let name = MetricLabels.tagName(key)
            if labels[name] == nil { labels[name] = value }
        }
        labels["model"] = model.name
        labels["version"] = String(model.version)
        return MetricLabels(labels)
    }

    private static func counters(_ models: LabelledModels) -> [MetricFamily] {
        var success = MetricFamily(
            "nv_inference_request_success",
            .counter,
            "Number of successful inference requests, all batch sizes"
        )
        var failure = MetricFamily(
            "nv_inference_request_failure",
            .counter,
            "Number of failed inference requests, all batch sizes"
        )
        var inferences = MetricFamily(
            "nv_inference_count",
            .counter,
            "Number of inferences performed (does not include cached requests)"
        )
        var executions = MetricFamily(
            "nv_inference_exec_count",
            .counter,
            "Number of model executions performed (does not include cached requests)"
        )
        for (model, labels) in models {
            success.add(model.success.count, labels)
            for reason in ServingError.Reason.allCases {
                failure.add(model.failuresByReason[reason] ?? 0, labels.adding("reason", reason.rawValue))
            }
            inferences.add(model.inferenceCount, labels)
            executions.add(model.executionCount, labels)
        }
        return [success, failure, inferences, executions]
    }

    private static func durations(_ models: LabelledModels) -> [MetricFamily] {
        let families: [(name: String, help: String, statistic: (ModelStatisticsSnapshot) -> DurationStatistic)] = [
            ("request", "Cumulative inference request duration in microseconds (includes cached requests)", \.success),
            ("queue", "Cumulative inference queuing duration in microseconds (includes cached requests)", \.queue),
            (
                "compute_input", "Cumulative compute input duration in microseconds (does not include cached requests)",
                \.computeInput
            ),
            (
                "compute_infer",
                "Cumulative compute inference duration in microseconds (does not include cached requests)",
                \.computeInfer
            ),
            (
                "compute_output",
                "Cumulative inference compute output duration in microseconds (does not include cached requests)",
                \.computeOutput
            ),
        ]
        return families.map { name, help, statistic in
            var family = MetricFamily("nv_inference_\(name)_duration_us", .counter, help)
            for (model, labels) in models { family.add(statistic(model).nanoseconds / 1000, labels) }
            return family
        }
    }

    private static func gauges(_ models: LabelledModels) -> [MetricFamily] {
        var pending = MetricFamily(
            "nv_inference_pending_request_count",
            .gauge,
            "Instantaneous number of pending requests awaiting execution per-model."
        )
        var load = MetricFamily("nv_model_load_duration_secs", .gauge, "Model load time in seconds")
        for (model, labels) in models {
            pending.add(UInt64(max(0, model.pendingRequests)), labels)
            load.add(model.loadSeconds, labels)
        }
        return [pending, load]
    }

    /// There is no pinned memory without a GPU; boards that show it expect to find the series.
    private static func memoryPools() -> [MetricFamily] {
        var total = MetricFamily(
            "nv_pinned_memory_pool_total_bytes",
            .gauge,
            "Pinned memory pool total memory size, in bytes"
        )
        var used = MetricFamily(
            "nv_pinned_memory_pool_used_bytes",
            .gauge,
            "Pinned memory pool used memory size, in bytes"
        )
        total.add(UInt64(0))
        used.add(UInt64(0))
        return [total, used]
    }

    private static func machine(_ host: HostUse?) -> [MetricFamily] {
        var utilization = MetricFamily("nv_cpu_utilization", .gauge, "CPU utilization rate [0.0 - 1.0]")
        var total = MetricFamily("nv_cpu_memory_total_bytes", .gauge, "CPU total memory (RAM), in bytes")
        var used = MetricFamily("nv_cpu_memory_used_bytes", .gauge, "CPU used memory (RAM), in bytes")
        if let host {
            utilization.add(host.cpuUtilization)
            total.add(host.memory.total)
            used.add(host.memory.used)
        }
        return [utilization, total, used]
    }

    /// Families that Triton's page names although nothing feeds them unless a cache or a setting does.
    private static let withoutSeries = [
        MetricFamily("nv_cache_num_hits_per_model", .counter, "Number of cache hits per model"),
        MetricFamily(
            "nv_cache_hit_duration_per_model",
            .counter,
            "Total cache hit duration per model, in microseconds"
        ),
        MetricFamily("nv_cache_num_misses_per_model", .counter, "Number of cache misses per model"),
        MetricFamily(
            "nv_cache_miss_duration_per_model",
            .counter,
            "Total cache miss (insert+lookup) duration per model, in microseconds"
        ),
    ]
}
