// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// An instance of a model that runs in a process of its own.
final class WorkerInstance: EngineInstance {
    private let lane: WorkerLane

    init(_ lane: WorkerLane) { self.lane = lane }

    deinit { lane.stop() }

    var isUsable: Bool { lane.session != nil }

    func onUsable(_ wake: @escaping @Sendable () -> Void) { lane.onReady(wake) }

    func execute(_ batch: ExecutionBatch) {
        do throws(ServingError) {
            guard let session = lane.session else { throw lane.refusal }
            let block = try RequestBlock(batch.requests)
            let turn = try session.begin(block, batch: batch)
            turn.area.write(turn.block) { block.write(into: $0, at: turn.block, firstRequest: turn.firstRequest) }
            batch.inputsReady = .now()
            session.run(turn, requests: block.requestCount)
            batch.outputsReady = .now()
        } catch {
            for index in batch.requests.indices { batch.sender(forRequestAt: index).fail(error) }
        }
    }
}
