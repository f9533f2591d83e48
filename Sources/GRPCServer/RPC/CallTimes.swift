// SPDX-License-Identifier: Apache-2.0
import Inference

/// By when a call has to be done or to move on. A value: who holds it says what time it is and acts.
struct CallTimes {
    /// The client's own deadline.
    let deadline: MonotonicTime?
    /// When a stream is too old.
    let age: MonotonicTime?
    /// By when the client's message that is under way has to be whole.
    var message: MonotonicTime?
    /// By when the client has to take something of what waits for it.
    var unread: MonotonicTime?
    /// When to ask again whether the client may still go on.
    private var check: MonotonicTime?

    /// What time has brought.
    enum Event: Equatable {
        case deadlineReached, messageLate, answerUnread, tooOld
        /// Ask whether the credential is still valid.
        case checkDue
    }

    /// A credential that is revoked ends what was opened with it within a second.
    private static let checkNanoseconds: UInt64 = 500_000_000

    /// - Parameters:
    ///   - ageSeconds: how long a stream may last; 0 for ever.
    ///   - checksCredential: whether the call is one of a caller whose credential can end.
    init(arrival: MonotonicTime, deadline: MonotonicTime?, ageSeconds: Int, checksCredential: Bool) {
        self.deadline = deadline
        age = ageSeconds > 0 ? arrival.advanced(byNanoseconds: UInt64(ageSeconds) &* 1_000_000_000) : nil
        check = checksCredential ? arrival.advanced(byNanoseconds: Self.checkNanoseconds) : nil
    }

    /// - Parameter isOver: whether the call has its outcome, and only its answer is still to go.
    func nextWake(isOver: Bool) -> MonotonicTime? {
        let sooner = MonotonicTime.sooner
        return sooner(sooner(deadline, unread), sooner(sooner(message, age), isOver ? nil : check))
    }

    mutating func event(at now: MonotonicTime, isOver: Bool) -> Event? {
        func isDue(_ time: MonotonicTime?) -> Bool { time.map { $0 <= now } ?? false }
        if isDue(deadline) { return .deadlineReached }
        if isDue(message) { return .messageLate }
        if isDue(unread) { return .answerUnread }
        if isDue(age) { return .tooOld }
        guard !isOver, isDue(check) else { return nil }
        check = now.advanced(byNanoseconds: Self.checkNanoseconds)
        return .checkDue
    }
}
