// SPDX-License-Identifier: Apache-2.0
private import Dispatch
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Takes requests in and has them answered by a queue of its own, whose thread exists only while there is work.
final class RepeatInstance: EngineInstance {
    private let isDecoupled: Bool
    private let allowance: OutputAllowance
    private let queue: DispatchQueue

    init(_ allowance: OutputAllowance, index: Int, isDecoupled: Bool) {
        self.allowance = allowance
        self.isDecoupled = isDecoupled
        queue = DispatchQueue(label: "buckler.repeat.\(index)")
    }

    func execute(_ batch: ExecutionBatch) {
        batch.inputsReady = .now()
        var wait: UInt32 = 0
        for (index, one) in batch.requests.enumerated() {
            do throws(ServingError) {
                let plan = try RepeatPlan(one.request)
                wait = max(wait, plan.waitMilliseconds)
                if isDecoupled {
                    let stream = RepeatStream(
                        plan,
                        sender: batch.sender(forRequestAt: index),
                        queue: queue,
                        allowance: allowance
                    )
                    queue.async { stream.goOn() }
                } else {
                    try answer(plan, requestAt: index, of: batch)
                }
            } catch {
                batch.fail(requestAt: index, error)
            }
        }
        Self.sleep(milliseconds: wait) { batch.requests.allSatisfy { $0.request.isCancelled } }
        batch.outputsReady = .now()
    }

    private func answer(_ plan: RepeatPlan, requestAt index: Int, of batch: ExecutionBatch) throws(ServingError) {
        let request = batch.requests[index].request
        guard plan.count == 1, let delay = plan.delayMilliseconds else {
            throw RepeatPlan.refused(
                request,
                "model '\(allowance.modelName)' is not decoupled and gives one response, IN has \(plan.count) elements"
            )
        }
        Self.sleep(milliseconds: delay) { request.isCancelled }
        var plan = plan
        let outputs = plan.takeResponse().outputs
        try Self.check(outputs, against: allowance)
        batch.respond(toRequestAt: index, outputs: outputs)
    }

    /// Each response has a whole allowance.
    fileprivate static func check(_ outputs: [OutputTensor], against allowance: OutputAllowance) throws(ServingError) {
        var allowance = allowance
        try allowance.take(outputs)
    }

    /// In pieces, so that it ends soon after nobody waits any more.
    private static func sleep(milliseconds: UInt32, unless isCancelled: () -> Bool) {
        var left = milliseconds
        while left > 0, !isCancelled() {
            let piece = min(left, RepeatStream.attentionMilliseconds)
            var time = timespec(tv_sec: 0, tv_nsec: Int(piece) * 1_000_000)
            nanosleep(&time, nil)
            left -= piece
        }
    }
}

/// One request on its way through its elements. Everything happens on the instance's queue.
private final class RepeatStream: @unchecked Sendable {
    // SAFETY: after `init` it is touched by blocks of one serial queue only, of which there is one at a time.

    /// For how long a cancellation may go unnoticed.
    static let attentionMilliseconds: UInt32 = 20
    /// Responses in a row before the instance's other requests get their turn.
    private static let burst = 256

    private var plan: RepeatPlan
    private let sender: ResponseSender
    private let queue: DispatchQueue
    private let allowance: OutputAllowance
    /// What is left of the delay before the next response.
    private var delay: UInt32

    init(_ plan: RepeatPlan, sender: ResponseSender, queue: DispatchQueue, allowance: OutputAllowance) {
        self.allowance = allowance
        self.plan = plan
        self.sender = sender
        self.queue = queue
        delay = plan.delayMilliseconds ?? 0
    }

    func goOn() {
        for _ in 0..<Self.burst {
            guard !sender.isCancelled, plan.next < plan.count else { return sender.complete() }
            guard delay == 0 else { return pause() }
            let response = plan.takeResponse()
            do throws(ServingError) {
                try RepeatInstance.check(response.outputs, against: allowance)
            } catch {
                return sender.fail(error)
            }
            sender.send(response)
            delay = plan.delayMilliseconds ?? 0
        }
        queue.async { self.goOn() }
    }

    private func pause() {
        let piece = min(delay, Self.attentionMilliseconds)
        delay -= piece
        queue.asyncAfter(deadline: .now() + .milliseconds(Int(piece))) { self.goOn() }
    }
}
