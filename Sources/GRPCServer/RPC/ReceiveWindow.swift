// SPDX-License-Identifier: Apache-2.0

/// When the peer is told that it may send more, on a stream or on the connection. Pure.
package struct ReceiveWindow: Sendable, Equatable {
    /// What the peer may have under way at most.
    package let target: Int
    /// What it may still send, as the HTTP/2 state machine counts it.
    package var size: Int

    package init(target: Int, size: Int) {
        self.target = target
        self.size = size
    }

    /// Bytes to open the window by; `nil` as long as that is less than half of it, so that frames stay few.
    /// - Parameter retained: bytes that came and still take up room.
    package mutating func increment(retaining retained: Int) -> Int? {
        let room = target - size - retained
        guard room > 0, room >= target / 2 else { return nil }
        size += room
        return room
    }
}
