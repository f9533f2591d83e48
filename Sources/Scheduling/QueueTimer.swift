// SPDX-License-Identifier: Apache-2.0
import Inference
private import Synchronization

/// Who wants to be called at a time.
protocol QueueTimerClient: AnyObject, Sendable {
    /// - Returns: when to call again; `nil` if not before the next ``QueueTimer/arm(_:at:)``.
    func timerFired(now: MonotonicTime) -> MonotonicTime?
}

/// The times at which clients want to be called: one each, the earliest that was asked for.
struct TimerTable<Key: Hashable> {
    private var times: [Key: MonotonicTime] = [:]

    /// - Returns: whether this is now the earliest of all.
    mutating func arm(_ key: Key, at time: MonotonicTime) -> Bool {
        let earliest = next
        if let current = times[key], current <= time { return false }
        times[key] = time
        return earliest.map { time < $0 } ?? true
    }

    mutating func takeDue(now: MonotonicTime) -> [Key] {
        let due = times.filter { $0.value <= now }.map(\.key)
        for key in due { times[key] = nil }
        return due
    }

    var next: MonotonicTime? { times.values.min() }
}

/// One thread for all models that answers requests whose time runs out in a queue while every instance is busy.
///
/// It starts with the first request that can run out of time. A model arms it at most once for many requests (see
/// ``SchedulerState/requestArrived(_:)``), so a server whose requests all carry a long deadline hardly notices.
final class QueueTimer: Sendable {
    private struct Weak {
        weak var client: (any QueueTimerClient)?
    }

    private struct State {
        var table = TimerTable<ObjectIdentifier>()
        var clients: [ObjectIdentifier: Weak] = [:]
        var isRunning = false
    }

    static let shared = QueueTimer()

    private let state = Mutex(State())
    private let parker = Parker()

    func arm(_ client: any QueueTimerClient, at time: MonotonicTime) {
        let (isEarliest, mustStart) = state.withLock { state in
            let key = ObjectIdentifier(client)
            state.clients[key] = Weak(client: client)
            let isEarliest = state.table.arm(key, at: time)
            defer { state.isRunning = true }
            return (isEarliest, !state.isRunning)
        }
        if mustStart {
            // Without a thread now, the next to arm tries again; instances still notice what is late when they are idle.
            let isStarted = InstanceThreads.shared.start(name: "queue-timer") { [self] in run() }
            if !isStarted { state.withLock { $0.isRunning = false } }
        } else if isEarliest {
            parker.wake(at: time)
        }
    }

    private func run() {
        while true {
            let now = MonotonicTime.now()
            for client in takeDue(now: now) {
                if let again = client.timerFired(now: now) { arm(client, at: again) }
            }
            parker.wait(until: state.withLock { $0.table.next })
        }
    }

    private func takeDue(now: MonotonicTime) -> [any QueueTimerClient] {
        state.withLock { state in
            state.table.takeDue(now: now).compactMap { state.clients.removeValue(forKey: $0)?.client }
        }
    }
}
