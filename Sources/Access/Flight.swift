// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Synchronization

/// ``FlightBudget`` behind a lock, for the permits of a gate: what the whole server has in flight.
package final class Flight: Sendable {
    private let budget: Mutex<FlightBudget>

    /// - Parameters:
    ///   - bytes: what all requests together may hold; see ``FlightBudget/bytes(percent:ofMemory:)``.
    ///   - requests: how many inference requests may be admitted at once.
    package init(bytes: Int, requests: Int) {
        budget = Mutex(FlightBudget(bytesLimit: bytes, requestsLimit: requests))
    }

    /// What is admitted at the moment.
    package var inFlight: (requests: Int, bytes: Int) { budget.withLock { ($0.requests, $0.bytes) } }

    func admit(_ arrival: Arrival, as principal: Principal, visit: (any Visit)? = nil) throws(ServingError) -> Permit {
        let bytes = arrival.declaredBytes
        guard bytes >= 0 else { throw ServingError(.invalidArgument, "the declared size of a request is negative") }
        let isCounted = arrival.endpoint.isInference && !arrival.isStream
        if let refusal = budget.withLock({ $0.admit(bytes: bytes, isCounted: isCounted) }) {
            throw Self.error(for: refusal, bytes: bytes)
        }
        return Permit(principal: principal, reservedBytes: bytes, countedRequests: isCounted ? 1 : 0, visit: visit)
    }

    func begin(_ permit: inout Permit) throws(ServingError) {
        if let refusal = budget.withLock({ $0.admit(bytes: 0, isCounted: true) }) {
            throw Self.error(for: refusal, bytes: 0)
        }
        permit.countedRequests += 1
    }

    func end(_ permit: inout Permit) {
        budget.withLock { $0.release(bytes: 0, requests: 1) }
        permit.countedRequests -= 1
    }

    func reserve(_ bytes: Int, for permit: inout Permit) throws(ServingError) {
        if let refusal = budget.withLock({ $0.reserve(bytes) }) { throw Self.error(for: refusal, bytes: bytes) }
        permit.reservedBytes += bytes
    }

    func giveBack(_ bytes: Int, of permit: inout Permit) {
        budget.withLock { $0.giveBack(bytes) }
        permit.reservedBytes -= bytes
    }

    func release(_ permit: Permit) {
        budget.withLock { $0.release(bytes: permit.reservedBytes, requests: permit.countedRequests) }
    }

    private static func error(for refusal: FlightBudget.Refusal, bytes: Int) -> ServingError {
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
