// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// When a worker is to be started. A value without a clock: whoever asks says what time it is.
struct Supervision: Sendable {
    enum State: Equatable, Sendable {
        case starting
        case ready(since: MonotonicTime)
        case down(until: MonotonicTime)
        case stopped
    }

    enum Step: Equatable {
        case start
        case wait(until: MonotonicTime)
        case leave
    }

    static let firstPause: UInt64 = 100_000_000
    static let longestPause: UInt64 = 30_000_000_000
    /// A worker that was ready for as long has earned the first pause again.
    static let provenAfter: UInt64 = 1_000_000_000

    private(set) var state = State.down(until: MonotonicTime(nanoseconds: 0))
    /// In a row, of workers that did not last.
    private var failures = 0

    mutating func next(at now: MonotonicTime) -> Step {
        switch state {
        case .stopped: return .leave
        case .down(let until) where now < until: return .wait(until: until)
        case .down:
            state = .starting
            return .start
        case .starting, .ready: preconditionFailure("a worker is there already")
        }
    }

    mutating func becameReady(at now: MonotonicTime) {
        guard state == .starting else { return }
        state = .ready(since: now)
    }

    /// Whether a worker is there, or will be started before `limit`.
    func starts(before limit: MonotonicTime) -> Bool {
        switch state {
        case .starting, .ready: true
        case .down(let until): until < limit
        case .stopped: false
        }
    }

    /// The worker has ended, or could not be started.
    /// - Parameter hasServed: whether it has seen a batch through. Then its model works, and the next one starts at once:
    ///   a pause would keep from good requests what a bad one can do to a worker each time anyway.
    mutating func ended(at now: MonotonicTime, hasServed: Bool = false) {
        switch state {
        case .stopped, .down: return
        case .ready where hasServed:
            failures = 0
            state = .down(until: now)
            return
        case .ready(let since) where now.nanoseconds(since: since) >= Self.provenAfter: failures = 1
        case .ready, .starting: failures += 1
        }
        let doubled = failures > 20 ? Self.longestPause : Self.firstPause << UInt64(failures - 1)
        state = .down(until: now.advanced(byNanoseconds: min(doubled, Self.longestPause)))
    }

    mutating func stop() { state = .stopped }
}
