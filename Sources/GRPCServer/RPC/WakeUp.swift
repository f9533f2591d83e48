// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore

/// The one timer of a connection. It is set again only when it has to come sooner.
struct WakeUp {
    let time: MonotonicTime
    private let callback: NIOScheduledCallback?

    init(_ connection: RPCConnection, at time: MonotonicTime, eventLoop: any EventLoop) {
        self.time = time
        let delay = Int64(clamping: time.nanoseconds(since: .now()))
        let fire = Fire(connection: NIOLoopBound(connection, eventLoop: eventLoop))
        callback = try? eventLoop.scheduleCallback(in: .nanoseconds(max(delay, 1_000_000)), handler: fire)
    }

    func cancel() { callback?.cancel() }

    private struct Fire: NIOScheduledCallbackHandler, Sendable {
        let connection: NIOLoopBound<RPCConnection>

        func handleScheduledCallback(eventLoop: some EventLoop) { connection.value.timerFired() }
    }
}
