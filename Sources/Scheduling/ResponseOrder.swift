// SPDX-License-Identifier: Apache-2.0
import DequeModule

/// Puts answers into the order of tickets: an answer waits until the requests with smaller tickets have ended.
///
/// One caller at a time delivers, so that two threads cannot overtake each other between here and the sinks.
struct ResponseOrder<Answer> {
    private struct Slot {
        var waiting: [Answer] = []
        var hasEnded = false
    }

    private var firstTicket: UInt64 = 0
    private var slots: Deque<Slot> = []
    private var ready: [Answer] = []
    private var isDelivering = false

    /// - Returns: whether the caller must now deliver what ``nextToDeliver()`` gives until it gives nothing.
    mutating func arrived(_ answer: Answer, ticket: UInt64, isEnd: Bool) -> Bool {
        // An engine whose threads answer one request at the same time may get here after its own end.
        guard ticket >= firstTicket else { return false }
        let index = Int(ticket - firstTicket)
        while slots.count <= index { slots.append(Slot()) }
        slots[index].waiting.append(answer)
        slots[index].hasEnded = isEnd
        release()
        guard !ready.isEmpty, !isDelivering else { return false }
        isDelivering = true
        return true
    }

    /// The answers whose turn it is; `nil` ends the caller's duty to deliver.
    mutating func nextToDeliver() -> [Answer]? {
        guard !ready.isEmpty else {
            isDelivering = false
            return nil
        }
        defer { ready = [] }
        return ready
    }

    private mutating func release() {
        while let first = slots.first, !first.waiting.isEmpty || first.hasEnded {
            ready += first.waiting
            guard first.hasEnded else {
                slots[0].waiting = []
                return
            }
            slots.removeFirst()
            firstTicket += 1
        }
    }
}
