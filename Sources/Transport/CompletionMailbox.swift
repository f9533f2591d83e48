// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore
private import Synchronization

/// Someone on an event loop who waits for what a model says.
package protocol ResponseWaiter: AnyObject, Sendable {
    /// Called on the event loop of the mailbox that the event was posted to.
    func take(_ event: ResponseEvent)
}

/// A request that an event loop has read and not begun.
package protocol TurnWaiter: AnyObject, Sendable {
    /// Called on the event loop: it may begin now.
    func turnCame()
}

/// One mailbox for each event loop of a group.
package struct CompletionMailboxes: Sendable {
    private let mailboxes: [ObjectIdentifier: CompletionMailbox]

    package init(_ group: any EventLoopGroup) {
        var mailboxes: [ObjectIdentifier: CompletionMailbox] = [:]
        for loop in group.makeIterator() {
            mailboxes[ObjectIdentifier(loop)] = CompletionMailbox(eventLoop: loop)
        }
        self.mailboxes = mailboxes
    }

    /// That of `eventLoop`, or a new one if the loop is not of the group.
    package func mailbox(of eventLoop: any EventLoop) -> CompletionMailbox {
        mailboxes[ObjectIdentifier(eventLoop)] ?? CompletionMailbox(eventLoop: eventLoop)
    }
}

/// What waits for an event loop to take it up: any thread puts in, and a batch wakes the loop once.
///
/// An event loop looks at its sockets only once it has no task that is due, and a model that answers without pause always
/// makes another. So after ``turnLimit`` events the mailbox is left alone for a moment, and everybody else has a turn.
package final class CompletionMailbox: TurnLender {
    private typealias Completion = (waiter: any ResponseWaiter, event: ResponseEvent)

    private struct Box {
        var completions = CircularBuffer<Completion>()
        /// Whether they will be looked at without another word.
        var isScheduled = false
        /// Events since the loop last had a turn of its own.
        var sincePause = 0

        /// - Returns: what may be handed on now, and whether the others have to wait.
        mutating func take() -> (CircularBuffer<Completion>, pauses: Bool) {
            let room = CompletionMailbox.turnLimit - sincePause
            guard completions.count >= room else {
                sincePause += completions.count
                isScheduled = false
                var taken = CircularBuffer<Completion>()
                swap(&taken, &completions)
                return (taken, false)
            }
            sincePause = 0
            let taken = CircularBuffer(completions.prefix(room))
            completions.removeFirst(room)
            return (taken, true)
        }
    }

    /// Events that are handed on before others have a turn.
    package static let turnLimit = 512
    private static let pause = TimeAmount.microseconds(50)
    /// Long enough not to be over before the loop has looked at its sockets, short enough to cost little if none has
    /// anything.
    private static let turn = TimeAmount.microseconds(10)

    private let eventLoop: any EventLoop
    private let box = Mutex(Box())
    /// Used on the event loop alone, which makes the lock cost next to nothing.
    private let turns = Mutex(Turns())

    private struct Turns {
        var requests = RequestTurns<any TurnWaiter>()
        var isScheduled = false
    }

    package init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Whether the caller is on the thread that events are taken up by.
    package var isOwnThread: Bool { eventLoop.inEventLoop }

    package func post(_ event: ResponseEvent, for waiter: any ResponseWaiter) {
        let mustWake = box.withLock { box in
            box.completions.append((waiter, event))
            defer { box.isScheduled = true }
            return !box.isScheduled
        }
        if mustWake { eventLoop.execute { self.deliver() } }
    }

    package func atEndOfTurn(_ work: @escaping @Sendable () -> Void) { eventLoop.execute(work) }

    package func inNextTurn(_ work: @escaping @Sendable () -> Void) { endTurn(for: Self.turn, then: work) }

    /// On the event loop: whether a request that was read may begin at once; otherwise `waiter` is told when. See
    /// ``RequestTurns``.
    package func mayBegin(_ waiter: any TurnWaiter, of principal: Principal) -> Bool {
        let (begins, schedules) = turns.withLock { turns in
            if turns.requests.arrived(of: principal) { return (true, false) }
            turns.requests.wait(waiter, of: principal)
            defer { turns.isScheduled = true }
            return (false, !turns.isScheduled)
        }
        if schedules { eventLoop.execute { self.beginRequests() } }
        return begins
    }

    private func beginRequests() {
        var left = turns.withLock { $0.requests.count }
        while left > 0, let waiter = turns.withLock({ $0.requests.next() }) {
            waiter.turnCame()
            left -= 1
        }
        let goesOn = turns.withLock { turns in
            turns.isScheduled = !turns.requests.isEmpty
            return turns.isScheduled
        }
        if goesOn { inNextTurn { self.beginRequests() } }
    }

    /// Runs `work` behind what this turn has left to do; a time that is not due yet is what ends the turn.
    private func endTurn(for pause: TimeAmount, then work: @escaping @Sendable () -> Void) {
        eventLoop.execute { [eventLoop] in eventLoop.scheduleTask(in: pause, work) }
    }

    private func deliver() {
        let (batch, pauses) = box.withLock { $0.take() }
        for (waiter, event) in batch { waiter.take(event) }
        guard pauses else { return }
        endTurn(for: Self.pause) { self.deliver() }
    }
}
