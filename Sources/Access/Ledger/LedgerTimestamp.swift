// SPDX-License-Identifier: Apache-2.0
import Inference

/// Prints times as `2026-11-20T21:21:00.909930Z`; what is the same for a whole second is worked out once.
struct LedgerTimestamp: Sendable {
    /// Bytes that a printed time has.
    static let width = 27

    private var second = Int64.min
    private var head: [UInt8] = []

    mutating func print(_ time: WallClockTime, into buffer: inout LedgerBuffer) {
        if time.second != second {
            second = time.second
            head = Array(time.secondsISO8601.utf8.dropLast()) + [UInt8(ascii: ".")]
        }
        head.withUnsafeBytes { buffer.append($0) }
        buffer.appendPadded(UInt64(time.fraction), width: 6)
        buffer.append(UInt8(ascii: "Z"))
    }
}
