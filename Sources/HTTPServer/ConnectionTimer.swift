// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore

/// One pending wake-up of a connection. It is set again only when it has to come sooner: an idle connection that is
/// used a thousand times before it fires costs one timer, not a thousand.
struct ConnectionTimer {
    let deadline: MonotonicTime
    private let callback: NIOScheduledCallback?

    init(handler: InferHandler, deadline: MonotonicTime, eventLoop: any EventLoop) {
        self.deadline = deadline
        let delay = Int64(clamping: deadline.nanoseconds(since: .now()))
        let fire = Fire(handler: NIOLoopBound(handler, eventLoop: eventLoop))
        callback = try? eventLoop.scheduleCallback(in: .nanoseconds(max(delay, 1_000_000)), handler: fire)
    }

    func cancel() { callback?.cancel() }

    private struct Fire: NIOScheduledCallbackHandler, Sendable {
        let handler: NIOLoopBound<InferHandler>

        func handleScheduledCallback(eventLoop: some EventLoop) { handler.value.timerFired() }
    }
}

extension ConnectionLimits {
    /// By when a request that came at `arrival` has to be answered.
    func deadline(from arrival: MonotonicTime) -> MonotonicTime? {
        deadlineSeconds > 0 ? arrival.advanced(byNanoseconds: UInt64(deadlineSeconds) &* 1_000_000_000) : nil
    }

    var idleNanoseconds: UInt64 { UInt64(max(1, idleSeconds)) &* 1_000_000_000 }
}
