// SPDX-License-Identifier: Apache-2.0
import NIOCore

extension InferHandler {
    /// How the connection came to this handler.
    enum Place {
        /// Newly accepted, and not yet counted.
        case accepted
        /// Its protocol was agreed upon; others count it.
        case agreed
        /// One request of many; the routing is put behind the handler if it turns out to be for the router.
        case stream(StreamCodec, ConnectionBudget, routing: (InferHandler, any Channel) throws -> Void)
    }

    /// Set if this is a stream of HTTP/2.
    var stream: StreamCodec? {
        guard case .stream(let codec, _, _) = place else { return nil }
        return codec
    }

    /// Set if other requests of the connection may be under way at the same time.
    var budget: ConnectionBudget? {
        guard case .stream(_, let budget, _) = place else { return nil }
        return budget
    }
}
