// SPDX-License-Identifier: Apache-2.0
import Inference

/// Bytes that the requests of one connection hold together, where it has several at a time. For one event loop.
final class ConnectionBudget {
    private let limit: Int
    private(set) var used = 0

    init(limit: Int) { self.limit = limit }

    func take(_ bytes: Int) throws(ServingError) {
        guard bytes <= limit - used else {
            throw ServingError(
                .unavailable,
                "the requests of this connection exceed the \(limit) bytes that it may have in flight",
                reason: .rejected
            )
        }
        used += bytes
    }

    func giveBack(_ bytes: Int) { used -= bytes }
}
