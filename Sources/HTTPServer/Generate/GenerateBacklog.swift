// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// Bytes of one request's answers that the model has given and the socket has not taken.
///
/// A sink cannot make a model pause. So once more than the limit waits, the request is cut short: that is told once, and
/// no further answer is taken in. What waits is never more than the limit and one answer.
package final class GenerateBacklog: Sendable {
    package enum Verdict: Sendable, Equatable { case pass, cutShort, drop }

    package let limit: Int
    private let bytes = Atomic<Int>(0)
    private let isCutShort = Atomic<Bool>(false)

    package init(limit: Int) { self.limit = limit }

    /// What the client is told of it.
    package var error: ServingError {
        ServingError(
            .resourceExhausted,
            "the client does not read the responses as fast as the model makes them: more than \(limit) bytes wait, "
                + "so the request was cancelled. Use --max-response-backlog-byte-size to increase the limit.",
            reason: .cancelled
        )
    }

    package var waitingBytes: Int { bytes.load(ordering: .relaxed) }

    /// From any thread.
    package func arrived(_ response: InferenceResponse) -> Verdict {
        guard !isCutShort.load(ordering: .relaxed) else { return .drop }
        let cost = Self.cost(of: response)
        guard bytes.add(cost, ordering: .relaxed).oldValue > limit else { return .pass }
        bytes.subtract(cost, ordering: .relaxed)
        return isCutShort.exchange(true, ordering: .relaxed) ? .drop : .cutShort
    }

    /// A response that arrived has become `printed` bytes.
    package func printed(_ response: InferenceResponse, bytes printed: Int) {
        bytes.add(printed - Self.cost(of: response), ordering: .relaxed)
    }

    /// The socket has taken them.
    package func sent(_ count: Int) { bytes.subtract(count, ordering: .relaxed) }

    /// About what a response takes until it is printed.
    private static func cost(of response: InferenceResponse) -> Int {
        response.outputs.reduce(64) { $0 + $1.bytes.count + 96 }
    }
}
