// SPDX-License-Identifier: Apache-2.0
internal import NIOCore

/// Why bytes are no HTTP/2 that a load generator reads.
package struct HTTP2FrameError: Error, Sendable, Equatable, CustomStringConvertible {
    package var reason: String

    package init(_ reason: String) { self.reason = reason }

    package var description: String { reason }
}

/// The nine bytes before each frame, and the numbers of RFC 9113 in them.
struct HTTP2FrameHead: Sendable, Equatable {
    static let length = 9
    /// The largest frame that either side may send until settings say otherwise; ours never do.
    static let maximumPayload = 16_384

    enum Kind {
        static let data: UInt8 = 0
        static let headers: UInt8 = 1
        static let resetStream: UInt8 = 3
        static let settings: UInt8 = 4
        static let pushPromise: UInt8 = 5
        static let ping: UInt8 = 6
        static let goAway: UInt8 = 7
        static let windowUpdate: UInt8 = 8
        static let continuation: UInt8 = 9
    }

    enum Flag {
        static let acknowledge: UInt8 = 0x1
        static let endStream: UInt8 = 0x1
        static let endHeaders: UInt8 = 0x4
        static let padded: UInt8 = 0x8
        static let priority: UInt8 = 0x20
    }

    enum Setting {
        static let headerTableSize: UInt16 = 1
        static let enablePush: UInt16 = 2
        static let maximumStreams: UInt16 = 3
        static let initialWindow: UInt16 = 4
        static let maximumFrame: UInt16 = 5
        static let maximumHeaderList: UInt16 = 6
    }

    var payloadLength: Int
    var kind: UInt8
    var flags: UInt8
    var stream: UInt32

    /// The head at the front of `buffer`, which stays as it is; `nil` if it is not whole.
    init?(_ buffer: ByteBuffer) {
        guard
            let (high, low, kind, flags, stream) = buffer.peekMultipleIntegers(
                as: (UInt16, UInt8, UInt8, UInt8, UInt32).self
            )
        else { return nil }
        payloadLength = Int(high) << 8 | Int(low)
        self.kind = kind
        self.flags = flags
        self.stream = stream & 0x7FFF_FFFF
    }

    init(kind: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, payloadLength: Int) {
        self.payloadLength = payloadLength
        self.kind = kind
        self.flags = flags
        self.stream = stream
    }

    func has(_ flag: UInt8) -> Bool { flags & flag != 0 }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(
            UInt16(truncatingIfNeeded: payloadLength >> 8),
            UInt8(truncatingIfNeeded: payloadLength),
            kind,
            flags,
            stream
        )
    }
}
