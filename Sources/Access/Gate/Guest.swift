// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Synchronization

/// Someone whom the gate has let in, for as long as the permit is out.
final class Guest: Visit {
    /// What one request in flight is counted by.
    struct Tickets: Sendable {
        var rate: RateTable.Ticket?
        var share: FairShare.Ticket
    }

    /// What the gate has to remember between its calls; a stream's messages change it.
    struct State: Sendable {
        private var first: Tickets?
        /// Only streams have more than one request in flight: others need no array.
        private var others: [Tickets] = []
        /// Refusals that have their line in the audit log, and whose answer needs none.
        var toldRefusals = 0

        var rateTicket: RateTable.Ticket? { first?.rate }

        mutating func push(_ tickets: Tickets) {
            if first == nil { first = tickets } else { others.append(tickets) }
        }

        mutating func pop() -> Tickets? {
            if let last = others.popLast() { return last }
            defer { first = nil }
            return first
        }
    }

    let caller: Caller
    let arrival: Arrival
    let address: String
    let began: MonotonicTime
    let state = Mutex(State())

    init(_ caller: Caller, _ arrival: Arrival, address: String, began: MonotonicTime) {
        self.caller = caller
        self.arrival = arrival
        self.address = address
        self.began = began
    }
}
