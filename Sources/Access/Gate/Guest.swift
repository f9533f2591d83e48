// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Synchronization

/// Someone whom the gate has let in, for as long as the permit is out.
final class Guest: Visit {
    /// What the gate has to remember between its calls; a stream's messages change it.
    struct State: Sendable {
        var rateTickets: [RateTable.Ticket] = []
        var shareTickets: [FairShare.Ticket] = []
        /// Refusals that have their line in the audit log, and whose answer needs none.
        var toldRefusals = 0
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
