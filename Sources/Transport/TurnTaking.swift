// SPDX-License-Identifier: Apache-2.0
private import Inference
internal import NIOCore

/// What waits to be done, by whose it is: whoever has much waiting is not served before others who have little. Pure.
package struct TurnTaking<Owner: Hashable, Job> {
    private var queues: [Owner: CircularBuffer<Job>] = [:]
    /// Those who have something waiting, the one whose turn it is first.
    private var order = CircularBuffer<Owner>()

    package init() {}

    package var isEmpty: Bool { order.isEmpty }

    package mutating func add(_ job: Job, of owner: Owner) {
        if queues[owner] == nil { order.append(owner) }
        queues[owner, default: CircularBuffer()].append(job)
    }

    /// The next job of whoever has waited longest for a turn.
    package mutating func next() -> Job? {
        guard let owner = order.popFirst(), var queue = queues.removeValue(forKey: owner), let job = queue.popFirst()
        else { return nil }
        if !queue.isEmpty {
            queues[owner] = queue
            order.append(owner)
        }
        return job
    }

    /// What waits, of no owner more than of the one with the second most; at least `limit` if it is more.
    package func evenCount(limit: Int) -> Int {
        var even = EvenCount()
        for queue in queues.values {
            even.add(queue.count)
            if even.count >= limit { break }
        }
        return even.count
    }
}

extension TurnTaking: Sendable where Owner: Sendable, Job: Sendable {}
