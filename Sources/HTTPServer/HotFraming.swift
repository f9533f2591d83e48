// SPDX-License-Identifier: Apache-2.0

/// To whom the next byte of a connection belongs: the recogniser in front of the HTTP parser, or the parser.
///
/// The recogniser may look for a request only where a message begins, and only while the parser holds nothing: not one
/// byte of a message that it has begun. Pure.
package struct HotFraming: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        /// Whatever comes is the first byte of a message. Next: `body`, `parsing`.
        case atMessage
        /// The recogniser took a head, and `left` bytes of its body are still to come. Next: `atMessage`.
        case body(left: Int)
        /// The parser may be in the middle of a message. Next: `atMessage`.
        case parsing
    }

    /// Reads up to this size are given to the parser with their last byte apart. A message that ends with that very
    /// byte leaves the parser with nothing, which nothing else would tell: the parser does not say what it has begun.
    package static let splitLimit = 16 << 10

    package private(set) var state = State.atMessage

    package init() {}

    package mutating func headTaken(contentLength: Int) {
        assert(state == .atMessage, "a head was taken in state \(state)")
        state = contentLength > 0 ? .body(left: contentLength) : .atMessage
    }

    /// How many of the bytes at hand are the body's.
    package mutating func bodyTaken(available: Int) -> Int {
        guard case .body(let left) = state else { return 0 }
        let taken = min(left, available)
        state = taken == left ? .atMessage : .body(left: left - taken)
        return taken
    }

    /// Bytes went to the parser.
    /// - Parameter endsMessage: the last of them, and no other after it, ended a message.
    package mutating func passedOn(endsMessage: Bool) {
        state = endsMessage ? .atMessage : .parsing
    }
}
