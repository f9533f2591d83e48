// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Synchronization

/// Someone whom the gate has let in, for as long as the permit is out.
final class Guest: Visit {
    /// What one request in flight is counted by.
    struct Tickets: Sendable {
        var rate: RateTable.Ticket?
        /// Of requests to infer; others keep no model busy.
        var share: FairShare.Ticket?
        /// The model that it counts on, if that is limited.
        var model: String?
    }

    struct Told: Sendable {
        var model: String?
        var status: Int
    }

    /// What the gate has to remember between its calls; a stream's messages change it.
    struct State: Sendable {
        private var first: Tickets?
        /// Only streams have more than one request in flight: others need no array.
        private var others: [Tickets] = []
        /// Refusals that have their line in the audit log, and whose answer needs none; the oldest are forgotten.
        private var told: [Told] = []
        /// What the call is about, as far as it has said so.
        var model: (name: String, version: Int64?)?
        /// What that turned out to be, where only whoever answers knows.
        var served: ServedModel?

        /// Of the request that came last.
        var rateTicket: RateTable.Ticket? { others.last?.rate ?? first?.rate }

        /// The request that came last goes to `model`. Which of a stream's requests ends is not told: there the sum is
        /// right, and which model it is said to have left may be another of the same stream.
        mutating func enter(model: String) {
            if others.isEmpty { first?.model = model } else { others[others.count - 1].model = model }
        }

        mutating func tell(_ model: String?, status: Int) {
            if told.count >= 64 { told.removeFirst() }
            told.append(Told(model: model, status: status))
        }

        /// Whether this outcome has its line already; asked once for each.
        mutating func wasTold(_ model: String?, status: Int) -> Bool {
            guard !told.isEmpty else { return false }
            let index = told.firstIndex {
                $0.status == status && ($0.model == nil || model == nil || $0.model == model)
            }
            guard let index else { return false }
            told.remove(at: index)
            return true
        }

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
