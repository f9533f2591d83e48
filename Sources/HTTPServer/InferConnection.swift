// SPDX-License-Identifier: Apache-2.0
package import Inference

/// The order of requests on one HTTP/1 connection. Hot requests are answered on the event loop, cold ones by the router
/// behind it; the two never overlap, so answers leave in the order in which requests came.
///
/// Pure: events in, what to do out. Times are given, bytes are counted, nothing is kept of either.
package struct InferConnection: Sendable, Equatable {
    /// A refused upload may send this much more before the connection is closed.
    package static let drainLimit = 64 << 10
    /// What may wait behind a request in flight: some reads' worth, since reading stops at the first part that waits.
    package static let heldPartsLimit = 16_384
    package static let heldBytesLimit = 512 << 10
    /// How long a server that wants to end waits for the rest of a request that a client has begun to send.
    package static let quiesceSeconds = 3

    package enum State: Sendable, Equatable {
        /// Next: `hotBody`, `coldBody`, `closed`.
        case idle
        /// The head was admitted and the body is coming. Next: `submitted`, `discarding`, `idle`, `closed`.
        case hotBody
        /// The model has it. Next: `idle`, `closed`.
        case submitted
        /// Answered before its end came; `left` bytes are still put up with. Next: `idle`, `closed`.
        case discarding(left: Int)
        /// Next: `coldAnswering`, `idle`, `closed`.
        case coldBody(answeredWithLeft: Int?)
        /// The router has all of it. Next: `idle`, `closed`.
        case coldAnswering
        case closed
    }

    package private(set) var state = State.idle
    package private(set) var isReadHeld = false
    private var isWritable = true
    private var quiescingSince: MonotonicTime?
    private var comesTooLate = false
    /// Whether the request in hand lets the connection live on.
    private var keepsAlive = true
    private var heldParts = 0
    private var heldBytes = 0
    /// When the current wait began, and what it is for.
    private var waitingSince: MonotonicTime
    private var hasPartialHead = false

    package init(now: MonotonicTime) { waitingSince = now }

    package var isQuiescing: Bool { quiescingSince != nil }

    // MARK: parts of requests

    /// Whether a part that came from the client now belongs to a request that will be served. Those that begin when the
    /// server wants to end, behind others, are not: a client that keeps sending would keep the server.
    package mutating func accepts(isHead: Bool) -> Bool {
        if isHead, isQuiescing { comesTooLate = true }
        return !comesTooLate
    }

    /// Whether the next part has to wait for the request before it, or for the client to read its answers.
    package var holdsParts: Bool {
        switch state {
        case .submitted, .coldAnswering: true
        case .idle: !isWritable
        case .hotBody, .discarding, .coldBody, .closed: false
        }
    }

    /// Whether the answer being written is the last one: it says so in its head.
    package var answersAreLast: Bool { !keepsAlive || (isQuiescing && heldParts == 0) }

    package mutating func headArrived(isHot: Bool, keepsAlive: Bool, now: MonotonicTime) {
        guard state == .idle else { return peerOrUsBroken() }
        self.keepsAlive = keepsAlive
        hasPartialHead = false
        waitingSince = now
        state = isHot ? .hotBody : .coldBody(answeredWithLeft: nil)
    }

    package enum BodyAction: Sendable, Equatable { case keep, passOn, discard, close }

    package mutating func bodyArrived(bytes: Int) -> BodyAction {
        switch state {
        case .hotBody: return .keep
        case .coldBody(nil): return .passOn
        case .coldBody(let left?):
            guard bytes <= left else { return closed() }
            state = .coldBody(answeredWithLeft: left - bytes)
            return .passOn
        case .discarding(let left):
            guard bytes <= left else { return closed() }
            state = .discarding(left: left - bytes)
            return .discard
        case .idle, .submitted, .coldAnswering, .closed: return .discard
        }
    }

    package enum EndAction: Sendable, Equatable { case submit, passOn, passOnThenNext, next, close, discard }

    package mutating func endArrived(now: MonotonicTime) -> EndAction {
        switch state {
        case .hotBody:
            state = .submitted
            return .submit
        case .coldBody(nil):
            state = .coldAnswering
            return .passOn
        case .coldBody(_?):
            return afterAnswer(now: now) == .close ? .close : .passOnThenNext
        case .discarding:
            return afterAnswer(now: now) == .close ? .close : .next
        case .idle, .submitted, .coldAnswering, .closed: return .discard
        }
    }

    /// A part was put aside because ``holdsParts``. `false`: too much waits, close.
    package mutating func partHeld(bytes: Int) -> Bool {
        heldParts += 1
        heldBytes += bytes
        return heldParts <= Self.heldPartsLimit && heldBytes <= Self.heldBytesLimit
    }

    package mutating func heldPartTaken(bytes: Int) {
        heldParts -= 1
        heldBytes -= bytes
    }

    // MARK: answers

    package enum AnswerAction: Sendable, Equatable { case next, drain, close }

    /// A hot request was answered, in whatever state it was.
    /// - Parameter remaining: bytes of its body that are still to come; `nil` if that is not known.
    package mutating func hotAnswered(remaining: Int?, now: MonotonicTime) -> AnswerAction {
        switch state {
        case .submitted:
            return afterAnswer(now: now)
        case .hotBody:
            state = .discarding(left: Self.drainLimit)
            if remaining.map({ $0 > Self.drainLimit }) ?? true { keepsAlive = false }
            return .drain
        case .idle, .discarding, .coldBody, .coldAnswering, .closed:
            return .drain
        }
    }

    /// What a request refused at its head must know for its answer: whether the connection can live on after it.
    /// - Parameter awaitsContinue: the client may or may not send the body of a refused request, so nothing that
    ///   follows can be told from it.
    package mutating func refusing(remaining: Int?, awaitsContinue: Bool) {
        if awaitsContinue || (remaining.map { $0 > Self.drainLimit } ?? true) { keepsAlive = false }
    }

    /// The answer being written has no other end than the connection's.
    package mutating func answerEndsConnection() { keepsAlive = false }

    /// The router wrote the end of an answer.
    package mutating func coldAnswered(now: MonotonicTime) -> AnswerAction {
        switch state {
        case .coldAnswering: return afterAnswer(now: now)
        case .coldBody(nil):
            state = .coldBody(answeredWithLeft: Self.drainLimit)
            return .drain
        default: return .drain
        }
    }

    private mutating func afterAnswer(now: MonotonicTime) -> AnswerAction {
        if !keepsAlive || (isQuiescing && heldParts == 0) {
            state = .closed
            waitingSince = now
            return .close
        }
        state = .idle
        waitingSince = now
        return .next
    }

    // MARK: the connection

    /// Whether a read may go to the socket now; if not, ``takeHeldRead()`` says when.
    package mutating func readRequested() -> Bool {
        if heldParts > 0 || (state == .idle && !isWritable) {
            isReadHeld = true
            return false
        }
        return true
    }

    package mutating func takeHeldRead() -> Bool {
        guard isReadHeld, heldParts == 0, state != .idle || isWritable else { return false }
        isReadHeld = false
        return true
    }

    package mutating func writabilityChanged(_ isWritable: Bool) { self.isWritable = isWritable }

    /// The server wants to end.
    /// - Returns: whether to close as soon as all is sent: no request is being served, or only the beginning of a head
    ///   has come.
    package mutating func quiesceRequested(now: MonotonicTime) -> Bool {
        quiescingSince = quiescingSince ?? now
        guard state == .idle, heldParts == 0 else { return false }
        state = .closed
        return true
    }

    package enum InputClosedAction: Sendable, Equatable { case passOn, close, cancelAndClose }

    /// The client will send no more. One that waits for an inference is taken to have gone, as in Triton.
    package mutating func inputClosed() -> InputClosedAction {
        switch state {
        case .submitted:
            state = .closed
            return .cancelAndClose
        case .hotBody, .discarding:
            state = .closed
            return .close
        case .idle, .coldBody, .coldAnswering, .closed:
            return .passOn
        }
    }

    package mutating func close() { state = .closed }

    // MARK: time

    package enum Wait: Sendable, Equatable { case idle, header, body }

    /// Bytes came that completed no part: the beginning of a head, if no request is being read.
    package mutating func bytesWithoutPartArrived(now: MonotonicTime) {
        guard state == .idle, heldParts == 0, !hasPartialHead else { return }
        hasPartialHead = true
        waitingSince = now
    }

    /// What the server waits for the client to do, and until when; `nil` while the client waits for the server.
    package func deadline(_ limits: ConnectionLimits) -> (wait: Wait, at: MonotonicTime)? {
        func after(_ seconds: Int) -> MonotonicTime {
            let due = waitingSince.advanced(bySeconds: seconds)
            // Answers that are on their way keep their time.
            guard let quiescingSince, state != .closed else { return due }
            return min(due, max(waitingSince, quiescingSince).advanced(bySeconds: Self.quiesceSeconds))
        }
        switch state {
        case .idle where hasPartialHead: return (.header, after(limits.headerSeconds))
        case .idle, .closed: return (.idle, after(limits.idleSeconds))
        case .hotBody, .discarding, .coldBody: return (.body, after(limits.bodySeconds))
        case .submitted, .coldAnswering: return nil
        }
    }

    private mutating func closed() -> BodyAction {
        state = .closed
        return .close
    }

    private mutating func peerOrUsBroken() {
        assertionFailure("a head arrived in state \(state)")
        state = .closed
    }
}

extension MonotonicTime {
    fileprivate func advanced(bySeconds seconds: Int) -> MonotonicTime {
        let (nanoseconds, overflow) = UInt64(max(0, seconds)).multipliedReportingOverflow(by: 1_000_000_000)
        return advanced(byNanoseconds: overflow ? .max : nanoseconds)
    }
}
