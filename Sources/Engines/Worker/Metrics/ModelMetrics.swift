// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Synchronization

/// What the code of one version of a model counts, in all of its workers; and how those fail.
final class ModelMetrics: Sendable {
    private let table: Mutex<MetricTable>
    let failures: WorkerFailureCounts

    init(_ identity: ModelIdentity, limits: CustomMetricLimits = CustomMetricLimits()) {
        table = Mutex(MetricTable(limits: limits))
        failures = WorkerFailureCounts(identity)
    }

    var families: [CustomMetricFamily] { table.withLock { $0.families } + [failures.family] }

    func family(_ wanted: FamilyWanted) -> QuestionAnswer {
        table.withLock { table in
            do throws(ServingError) { return .value(UInt64(try table.family(wanted))) } catch { return .failed(error) }
        }
    }

    func metric(_ wanted: MetricWanted) -> QuestionAnswer {
        table.withLock { table in
            do throws(ServingError) { return .value(UInt64(try table.metric(wanted))) } catch { return .failed(error) }
        }
    }

    func value(_ number: UInt64) throws(WorkerFault) -> QuestionAnswer {
        try table.withLock { (table) throws(WorkerFault) in .value(try table.value(number).bitPattern) }
    }

    func measured(_ number: UInt64, _ measurement: Measurement) throws(WorkerFault) {
        try table.withLock { (table) throws(WorkerFault) in try table.measured(number, measurement) }
    }
}
