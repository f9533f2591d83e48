// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore
private import Synchronization

/// Someone on an event loop who waits for what a model says.
package protocol ResponseWaiter: AnyObject, Sendable {
    /// Called on the event loop of the mailbox that the event was posted to.
    func take(_ event: ResponseEvent)
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
package final class CompletionMailbox: TurnLender {
    private struct Box {
        var completions: [(waiter: any ResponseWaiter, event: ResponseEvent)] = []
        var isScheduled = false
    }

    private let eventLoop: any EventLoop
    private let box = Mutex(Box())

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

    private func deliver() {
        let batch = box.withLock { box in
            box.isScheduled = false
            var taken: [(waiter: any ResponseWaiter, event: ResponseEvent)] = []
            swap(&taken, &box.completions)
            return taken
        }
        for (waiter, event) in batch { waiter.take(event) }
    }
}
