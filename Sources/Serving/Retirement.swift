// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Logging
private import Scheduling
private import Synchronization

/// Where versions go that serve no more: their queues drain, their threads end, their memory is given back.
///
/// Nothing here waits, because the last to let go of a version may be an event loop, or one of the very threads that are to end.
final class Retirement: Sendable {
    private struct State {
        var active = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let registry: ModelRegistry
    private let logger: Logger
    private let state = Mutex(State())

    init(registry: ModelRegistry, logger: Logger) {
        self.registry = registry
        self.logger = logger
    }

    /// For a version that has served: its state follows in the registry.
    func retire(_ parts: VersionParts) {
        state.withLock { $0.active += 1 }
        parts.scheduler.stop(whenDrained: { [self] in
            parts.engine.close(whenClosed: { [self] in
                registry.change { $0.unloadEnded(parts.name, version: parts.version) }
                logger.info("successfully unloaded '\(parts.name)' version \(parts.version)")
                ended()
            })
        })
    }

    /// For a version that was loaded but never served, because another of its set failed.
    func discard(_ parts: VersionParts) {
        parts.scheduler.stop(whenDrained: { parts.engine.close(whenClosed: {}) })
    }

    func waitUntilIdle() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.active == 0 { return true }
                state.waiting.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    private func ended() {
        let resumed = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.active -= 1
            guard state.active == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in resumed { continuation.resume() }
    }
}
