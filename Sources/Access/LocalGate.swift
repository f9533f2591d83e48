// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// The gate of a server that only its own machine can reach: everyone is admitted, as long as there is room.
package final class LocalGate: Gate {
    private let budget: Mutex<FlightBudget>

    /// - Parameters:
    ///   - bytesInFlight: what all requests together may hold; see ``FlightBudget/bytes(percent:ofMemory:)``.
    ///   - requestsInFlight: how many inference requests may be admitted at once.
    package init(bytesInFlight: Int, requestsInFlight: Int) {
        budget = Mutex(FlightBudget(bytesLimit: bytesInFlight, requestsLimit: requestsInFlight))
    }

    package func admit(_ arrival: Arrival) throws(ServingError) -> Permit {
        let bytes = arrival.declaredBytes
        guard bytes >= 0 else { throw ServingError(.invalidArgument, "the declared size of a request is negative") }
        let isCounted = arrival.scope == .infer
        if let refusal = budget.withLock({ $0.admit(bytes: bytes, isBounded: isCounted) }) {
            throw error(for: refusal, bytes: bytes)
        }
        return Permit(principal: .anonymous, reservedBytes: bytes, isCounted: isCounted)
    }

    package func authorise(_ permit: Permit, scope: Scope, model: String, version: Int64?) throws(ServingError) {}

    package func reserve(_ bytes: Int, for permit: inout Permit) throws(ServingError) {
        if let refusal = budget.withLock({ $0.reserve(bytes) }) { throw error(for: refusal, bytes: bytes) }
        permit.reservedBytes += bytes
    }

    package func giveBack(_ bytes: Int, of permit: inout Permit) {
        budget.withLock { $0.giveBack(bytes) }
        permit.reservedBytes -= bytes
    }

    package func release(_ permit: Permit) {
        budget.withLock { $0.release(bytes: permit.reservedBytes, isCounted: permit.isCounted) }
    }

    /// What is admitted at the moment.
    package var inFlight: (requests: Int, bytes: Int) {
        budget.withLock { ($0.requests, $0.bytes) }
    }

    private func error(for refusal: FlightBudget.Refusal, bytes: Int) -> ServingError {
        switch refusal {
        case .bytes:
            ServingError(
                .unavailable,
                "the server has no room for \(bytes) more bytes of requests at the moment, try again later",
                reason: .rejected
            )
        case .requests:
            ServingError(.unavailable, "the server has too many requests in flight, try again later", reason: .rejected)
        }
    }
}
