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

/// Tells one of two who come with an answer that he was the first.
private final class FirstAnswer: Sendable {
    private let continuation: Mutex<CheckedContinuation<Bool, Never>?>

    init(_ continuation: CheckedContinuation<Bool, Never>) { self.continuation = Mutex(continuation) }

    func answer(_ isReady: Bool) {
        let waiting = continuation.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        waiting?.resume(returning: isReady)
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
            Task {
                try? await Task.sleep(for: .seconds(seconds))
                first.answer(false)
            }
        }
    }
}
