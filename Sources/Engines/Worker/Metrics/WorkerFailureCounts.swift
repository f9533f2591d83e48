// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Synchronization

/// How often workers of one version of a model came to an end that nobody asked for.
final class WorkerFailureCounts: Sendable {
    enum Reason: String, CaseIterable {
        /// It ended by itself.
        case ended
        /// It broke the protocol, and was ended.
        case fault
        /// It could not be started in place of one that had ended.
        case start
        /// It took longer over a request than it may, and was ended.
        case timeout
    }

    private let identity: ModelIdentity
    private let counts = Mutex<[Reason: UInt64]>([:])

    init(_ identity: ModelIdentity) { self.identity = identity }

    func count(_ reason: Reason) { counts.withLock { $0[reason, default: 0] += 1 } }

    /// For the metrics page; models cannot count by such a name.
    var family: CustomMetricFamily {
        var family = CustomMetricFamily(
            name: "buckler_worker_failures_total",
            help: "Number of workers that ended, or were ended for what they did, instead of serving on",
            kind: .counter
        )
        let counts = counts.withLock { $0 }
        family.metrics = Reason.allCases.map { reason in
            var metric = CustomMetricFamily.Metric(
                labels: ["model": identity.name, "version": String(identity.version), "reason": reason.rawValue],
                bounds: nil
            )
            metric.value = Double(counts[reason] ?? 0)
            return metric
        }
        return family
    }
}
