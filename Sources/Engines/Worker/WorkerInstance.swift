// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// An instance of a model that runs in a process of its own.
final class WorkerInstance: EngineInstance {
    private let lane: WorkerLane
    /// Nanoseconds for which a batch waits for a worker that is being started again.
    private let patience: UInt64

    init(_ lane: WorkerLane, limits: WorkerLimits) {
        self.lane = lane
        patience = UInt64(limits.restartPatienceMilliseconds) * 1_000_000
    }

    deinit { lane.stop() }

    var isUsable: Bool { lane.session != nil }

    func onUsable(_ wake: @escaping @Sendable () -> Void) { lane.onReady(wake) }

    func execute(_ batch: ExecutionBatch) {
        do throws(ServingError) {
            let block = try RequestBlock(batch.requests)
            var session = lane.session
            var limit: MonotonicTime?
            while true {
                if let session, try run(block, batch, on: session) { return }
                // No worker has seen the batch yet: it can wait for the next one.
                limit = limit ?? .now().advanced(byNanoseconds: patience)
                guard let next = lane.session(after: session, until: limit ?? .now()) else { throw lane.refusal }
                session = next
            }
        } catch {
            for index in batch.requests.indices { batch.sender(forRequestAt: index).fail(error) }
        }
    }

    /// - Returns: `false` if the worker is gone and has not seen the batch.
    private func run(
        _ block: RequestBlock,
        _ batch: ExecutionBatch,
        on session: WorkerSession
    ) throws(ServingError) -> Bool {
        guard let turn = try session.begin(block, batch: batch) else { return false }
        turn.area.write(turn.block) { block.write(into: $0, at: turn.block, firstRequest: turn.firstRequest) }
        batch.inputsReady = .now()
        guard session.run(turn, requests: block.requestCount) else { return false }
        batch.outputsReady = .now()
        return true
    }
}
