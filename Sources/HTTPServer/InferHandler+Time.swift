// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import NIOHTTP1
import Transport

/// What a connection waits for, and what happens when it does not come.
extension InferHandler {
    func armTimer() {
        let due = connection.deadline(shared.connectionLimits)?.at ?? answerDeadline
        guard let context, let due, isServed else { return }
        if let timer, timer.deadline <= due { return }
        timer?.cancel()
        timer = ConnectionTimer(handler: self, deadline: due, eventLoop: context.eventLoop)
    }

    func timerFired() {
        timer = nil
        guard let deadline = connection.deadline(shared.connectionLimits) else { return clientWaits() }
        guard deadline.at <= .now() else { return armTimer() }
        switch (deadline.wait, connection.state) {
        case (.body, .hotBody) where connection.isQuiescing: refuseConnection(.serviceUnavailable, Self.exiting)
        case (.body, .coldBody(answeredWithLeft: nil)) where connection.isQuiescing:
            refuseInPlaceOfRouter(.serviceUnavailable, Self.exiting)
        case (.header, _):
            shared.note(.requestTimeout, Self.lateHead, from: remoteAddress)
            refuseConnection(.requestTimeout, Self.lateHead)
        case (.body, .hotBody): refuseConnection(.requestTimeout, "the request's body did not arrive in time")
        case (.body, .coldBody(answeredWithLeft: nil)):
            refuseInPlaceOfRouter(.requestTimeout, "the request's body did not arrive in time")
        case (.body, _), (.idle, _): close()
        }
    }

    private static let lateHead = "the request's headers did not arrive in time"
    private static let exiting = "the server is exiting and the request's body did not arrive in time"

    private func clientWaits() {
        if let due = answerDeadline {
            if due <= .now() { expire() } else { armTimer() }
            return
        }
        // It waits for us: look again when an idle connection would be due.
        guard let context else { return }
        let later = MonotonicTime.now().advanced(byNanoseconds: shared.connectionLimits.idleNanoseconds)
        timer = ConnectionTimer(handler: self, deadline: later, eventLoop: context.eventLoop)
    }

    /// By when the request in hand has to be answered; a stream of events may last.
    private var answerDeadline: MonotonicTime? {
        guard connection.state == .submitted, let exchange, exchange.generation?.kind != .stream else { return nil }
        return exchange.deadline
    }

    /// The client is told that its time is up. The model is told that nobody waits any more, and what it still says is
    /// for no one; the request's permit is held until it is done.
    private func expire() {
        guard let exchange else { return }
        exchange.giveUp()
        answered(exchange, .failure(.requestDeadlineExceeded(id: exchange.request?.fields.id ?? "")))
    }
}
