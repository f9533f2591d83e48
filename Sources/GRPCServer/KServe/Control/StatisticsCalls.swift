// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import InferenceProtos
private import SwiftProtobuf

extension KServeEnvironment {
    func modelStatistics(
        _ request: Inference_ModelStatisticsRequest,
        _ permit: Permit
    ) throws(ServingError) -> Inference_ModelStatisticsResponse {
        let name = request.name.isEmpty ? nil : request.name
        let version =
            if let name {
                try authorised(permit, .statistics, name, request.version)
            } else {
                try ModelVersion.parse(request.version)
            }
        let models = try control.statistics(ofModel: name, version: version).filter {
            gate.shows(model: $0.name, version: $0.version, to: permit)
        }
        return .with { $0.modelStats = models.map(Inference_ModelStatistics.init) }
    }
}

extension Inference_ModelStatistics {
    fileprivate init(_ snapshot: ModelStatisticsSnapshot) {
        self.init()
        name = snapshot.name
        version = String(snapshot.version)
        lastInference = snapshot.lastInference
        inferenceCount = snapshot.inferenceCount
        executionCount = snapshot.executionCount
        inferenceStats = .with {
            $0.success = .init(snapshot.success)
            $0.fail = .init(snapshot.fail)
            $0.queue = .init(snapshot.queue)
            $0.computeInput = .init(snapshot.computeInput)
            $0.computeInfer = .init(snapshot.computeInfer)
            $0.computeOutput = .init(snapshot.computeOutput)
            $0.cacheHit = .init(snapshot.cacheHit)
            $0.cacheMiss = .init(snapshot.cacheMiss)
        }
        batchStats = snapshot.batches.sorted { $0.key < $1.key }.map { size, batch in
            .with {
                $0.batchSize = UInt64(size)
                $0.computeInput = .init(batch.computeInput)
                $0.computeInfer = .init(batch.computeInfer)
                $0.computeOutput = .init(batch.computeOutput)
            }
        }
        for (index, response) in snapshot.responses { responseStats[String(index)] = .init(response) }
    }
}

extension Inference_InferResponseStatistics {
    fileprivate init(_ response: ModelStatisticsSnapshot.Response) {
        self.init()
        computeInfer = .init(response.computeInfer)
        computeOutput = .init(response.computeOutput)
        success = .init(response.success)
        fail = .init(response.fail)
        emptyResponse = .init(response.emptyResponse)
        cancel = .init(response.cancel)
    }
}

extension Inference_StatisticDuration {
    fileprivate init(_ duration: DurationStatistic) {
        self.init()
        count = duration.count
        ns = duration.nanoseconds
    }
}
