// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Synchronization

/// How a worker comes to serve.
extension WorkerLane {
    /// - Returns: what *ready* said.
    func start(_ run: inout WorkerRun, _ session: WorkerSession) throws(WorkerRun.StartProblem) -> String {
        let opening = state.withLock { $0.opened == nil ? $0.opening : nil }
        if let opening {
            let text = try run.start(session, launch, opening) { isStopped }
            state.withLock { $0.opened = .success(text) }
            firstStart.post()
            try awaitServing(&run)
        }
        guard let serving = state.withLock({ $0.serving }) else { throw .unwanted }
        session.use(serving.estimate)
        return try run.start(session, launch, serving.arguments, again: opening != nil) { isStopped }
    }

    /// A worker that has opened its model waits until that is configured.
    private func awaitServing(_ run: inout WorkerRun) throws(WorkerRun.StartProblem) {
        while true {
            let (isStopped, isWanted) = state.withLock { ($0.supervision.state == .stopped, $0.serving != nil) }
            if isStopped { throw .unwanted }
            if isWanted { return }
            let heard: WorkerRun.Heard
            do throws(WorkerFault) { heard = try run.listen(milliseconds: -1) } catch { throw .fault(error) }
            switch heard {
            case .nothing: break
            case .closed: throw .ended
            case .message: throw .fault(WorkerFault("a message that has no place while it waits"))
            }
        }
    }

    func failure(_ run: consuming WorkerRun, _ problem: WorkerRun.StartProblem) -> ServingError {
        var grace = Self.endGraceMilliseconds
        if case .unwanted = problem { grace = 0 }
        return WorkerFailure.ofStart(problem, ended: run.end(graceMilliseconds: grace), launch, setup)
    }

    /// Starts a worker for what it says once it is ready, and ends it. Blocks.
    static func startOnce(
        _ launch: WorkerLaunch,
        _ arguments: any WorkerStartArguments,
        setup: WorkerSetup
    ) throws(ServingError) -> String {
        guard let attention = WakeEvent() else {
            throw ServingError(.unavailable, "a worker cannot be started: there are no more descriptors")
        }
        var run = try WorkerRun(launch, attention: attention) { setup.logged(1, $0) }
        let signal = WorkerSignal(attention: attention)
        let session = WorkerSession(channel: run.process.channel, setup: setup, signal: signal, batchDone: WakeWord())
        let answer: String
        do throws(WorkerRun.StartProblem) {
            answer = try run.start(session, launch, arguments) { false }
        } catch {
            throw WorkerFailure.ofStart(error, ended: run.end(graceMilliseconds: endGraceMilliseconds), launch, setup)
        }
        _ = run.end(graceMilliseconds: 0)
        return answer
    }
}
