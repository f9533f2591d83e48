// SPDX-License-Identifier: Apache-2.0

/// How far one call is, and how many messages it may hand over. Pure: events in, what is wrong with them out.
package struct CallState: Sendable, Equatable {
    package enum Phase: Sendable, Equatable {
        /// Messages come. Next: `inputEnded`, `over`.
        case open
        /// The client sends no more, and what it sent may still wait. Next: `halfClosed`, `over`.
        case inputEnded
        /// The receiver was told that no more comes. Next: `over`.
        case halfClosed
        /// Finished, failed or cancelled: the receiver hears nothing more.
        case over
    }

    package let kind: RPCMethod.Kind
    package let inFlightLimit: Int
    package private(set) var phase = Phase.open
    package private(set) var inFlight = 0
    private var announced = 0
    /// Whether the client reads what it is sent.
    package var isWritable = true

    package init(kind: RPCMethod.Kind, inFlightLimit: Int) {
        self.kind = kind
        self.inFlightLimit = inFlightLimit
    }

    package var isOver: Bool { phase == .over }

    /// Whether the client may still send, however the call is.
    package private(set) var isInputOpen = true

    /// Whether the next message may be read; if not, its bytes wait where they are.
    package var takesMessages: Bool {
        switch phase {
        case .open, .inputEnded: inFlight < inFlightLimit && (isWritable || kind != .bidirectional)
        case .halfClosed, .over: false
        }
    }

    /// - Throws: for a second message of a method that takes one.
    package mutating func messageAnnounced() throws(RPCStatus) {
        guard kind == .bidirectional || announced == 0 else {
            throw RPCStatus(.unimplemented, "the method takes one message and the client sent more")
        }
        announced += 1
    }

    package mutating func messageHandedOver() { inFlight += 1 }

    /// - Returns: whether one was in flight.
    package mutating func messageDone() -> Bool {
        guard inFlight > 0 else { return false }
        inFlight -= 1
        return true
    }

    package mutating func inputEnded() {
        isInputOpen = false
        if phase == .open { phase = .inputEnded }
    }

    /// Every byte of the client was read.
    /// - Returns: whether the receiver is to be told.
    /// - Throws: for bytes that are not whole messages, and for no message where there must be one.
    package mutating func inputExhausted(isMidMessage: Bool) throws(RPCStatus) -> Bool {
        guard phase == .inputEnded else { return false }
        guard !isMidMessage else {
            throw RPCStatus(.internalError, "the client's last message is cut short")
        }
        guard kind == .bidirectional || announced == 1 else {
            throw RPCStatus(.unimplemented, "the method takes one message and the client sent none")
        }
        phase = .halfClosed
        return true
    }

    /// - Returns: whether it was not over before.
    package mutating func end() -> Bool {
        guard phase != .over else { return false }
        phase = .over
        return true
    }
}
