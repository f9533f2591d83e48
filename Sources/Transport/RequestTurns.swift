// SPDX-License-Identifier: Apache-2.0
package import Inference

/// When the requests that an event loop has read are begun.
///
/// Reading one, running a short model and printing its answer are all the event loop's work, so whoever keeps more
/// connections busy would get more of it done. While several callers come to it, requests wait until everything that
/// came in the same turn is there, and are then begun in turns by caller, no more of one than of the others; what is
/// left waits for the next turn of the loop, which first looks who else has come. One caller alone never waits. Pure.
package struct RequestTurns<Job> {
    /// Requests of one caller alone after which another that came before counts as gone.
    package static var patience: Int { 64 }
    /// Fewer in a turn cost more than they are worth.
    package static var leastCount: Int { 4 }
    /// With so many that are evenly shared, more need not be looked for.
    package static var mostCount: Int { 64 }

    private var waiting = TurnTaking<Principal, Job>()
    private var latest: Principal?
    private var sinceOther = patience

    package init() {}

    /// - Returns: whether the request may begin at once; otherwise it has to wait.
    package mutating func arrived(of principal: Principal) -> Bool {
        if latest == principal {
            if sinceOther < Self.patience { sinceOther += 1 }
        } else {
            if latest != nil { sinceOther = 0 }
            latest = principal
        }
        return sinceOther >= Self.patience && waiting.isEmpty
    }

    package mutating func wait(_ job: Job, of principal: Principal) { waiting.add(job, of: principal) }

    package var isEmpty: Bool { waiting.isEmpty }

    /// How many are begun before the loop looks for more.
    package var count: Int { max(Self.leastCount, waiting.evenCount(limit: Self.mostCount)) }

    package mutating func next() -> Job? { waiting.next() }
}

extension RequestTurns: Sendable where Job: Sendable {}
