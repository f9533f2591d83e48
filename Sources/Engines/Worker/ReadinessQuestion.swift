// SPDX-License-Identifier: Apache-2.0
private import Synchronization

/// Who waits for a model to say whether it is ready: it is asked once for all of them.
struct ReadinessQuestion {
    typealias Waiting = @Sendable (Bool) -> Void

    /// A model that hangs must not gather those who ask.
    static let waitingLimit = 1024

    /// Whether the model has a say.
    var isOfInterest = false
    private var number: UInt64 = 0
    private var waiting: [Waiting] = []

    enum Step {
        /// By this number.
        case ask(UInt64)
        /// The question is on its way.
        case wait
        case tooMany
    }

    mutating func ask(_ answer: @escaping Waiting) -> Step {
        guard waiting.count < Self.waitingLimit else { return .tooMany }
        waiting.append(answer)
        guard waiting.count == 1 else { return .wait }
        number += 1
        return .ask(number)
    }

    /// - Parameter number: `nil` if there will be no answer.
    /// - Returns: whom to tell; none if that was not asked.
    mutating func answered(_ number: UInt64?) -> [Waiting] {
        guard number == nil || number == self.number else { return [] }
        defer { waiting = [] }
        return waiting
    }
}

/// The first answer counts: the model's, or the one that its time is up.
private final class FirstAnswer: Sendable {
    private struct State {
        var waiting: CheckedContinuation<Bool, Never>?
        var timer: Task<Void, Never>?
    }

    private let state: Mutex<State>

    init(_ continuation: CheckedContinuation<Bool, Never>) { state = Mutex(State(waiting: continuation)) }

    func answer(_ isReady: Bool) {
        let first = state.withLock { state in
            defer { state = State() }
            return state
        }
        first.timer?.cancel()
        first.waiting?.resume(returning: isReady)
    }

    /// Without an answer for so long it is none.
    func expire(afterSeconds seconds: Int) {
        let timer = Task {
            guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { return }
            answer(false)
        }
        let isLate = state.withLock { state in
            guard state.waiting != nil else { return true }
            state.timer = timer
            return false
        }
        if isLate { timer.cancel() }
    }
}

extension WorkerSession {
    /// What *ready* said.
    func becameReady(_ text: String) throws(WorkerFault) {
        let hasSay = try JSONObjectReader.flag(named: "is_ready", in: text)
        state.withLock { $0.readiness.isOfInterest = hasSay }
    }

    /// Asks the model's own code, if it has a say; one that does not answer in time is not ready.
    func askReady() async -> Bool {
        guard state.withLock({ $0.ended == nil && $0.readiness.isOfInterest }) else {
            return state.withLock { $0.ended == nil }
        }
        let seconds = setup.limits.readySeconds
        return await withCheckedContinuation { continuation in
            let first = FirstAnswer(continuation)
            let step = state.withLock { state in
                state.ended == nil ? state.readiness.ask { first.answer($0) } : .tooMany
            }
            switch step {
            case .ask(let number): send(ServerMessage.probe(number))
            case .wait: break
            case .tooMany: return first.answer(false)
            }
            first.expire(afterSeconds: seconds)
        }
    }
}
