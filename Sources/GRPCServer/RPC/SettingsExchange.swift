// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// Has the server's settings count from the client's first frame on, rather than from when the client acknowledges them.
///
/// All that our settings do is allow more than HTTP/2's defaults, so nothing that a client sends before it knows them
/// breaks them. Behind the client's own settings an acknowledgement is put in, and the real one is taken out. Pure: pieces
/// of the connection's bytes come in, and leave as they are but for those nine.
package struct SettingsExchange: Sendable {
    private static let prefaceBytes = 24
    private static let headBytes = 9
    private static let settingsType: UInt8 = 4
    private static let acknowledgement: [UInt8] = [0, 0, 0, settingsType, 1, 0, 0, 0, 0]

    private enum Phase { case preface, clientSettings, untilAcknowledged, done }

    private var phase = Phase.preface
    /// Of what is passed on unread: the preface, or the content of a frame.
    private var toPass = prefaceBytes
    /// What came so far of a frame's head.
    private var head = ByteBuffer()

    package init() {}

    /// Whether bytes need not come here any more.
    package var isDone: Bool { phase == .done && head.readableBytes == 0 }

    /// - Returns: what to pass on instead, in order.
    package mutating func received(_ bytes: ByteBuffer) -> [ByteBuffer] {
        var bytes = bytes
        var passed: [ByteBuffer] = []
        while bytes.readableBytes > 0 {
            guard phase != .done else {
                passed.append(bytes)
                break
            }
            if toPass > 0 {
                guard let piece = bytes.readSlice(length: min(toPass, bytes.readableBytes)) else { break }
                toPass -= piece.readableBytes
                passed.append(piece)
                if toPass == 0 { contentPassed(&passed) }
            } else {
                guard var piece = bytes.readSlice(length: min(Self.headBytes - head.readableBytes, bytes.readableBytes))
                else { break }
                head.writeBuffer(&piece)
                if head.readableBytes == Self.headBytes { headRead(&passed) }
            }
        }
        return passed
    }

    private mutating func headRead(_ passed: inout [ByteBuffer]) {
        let bytes = Array(head.readableBytesView)
        head.clear()
        let length = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
        let isSettings = bytes[3] == Self.settingsType
        if phase == .untilAcknowledged, bytes == Self.acknowledgement {
            phase = .done
            return
        }
        passed.append(ByteBuffer(bytes: bytes))
        // A connection that begins otherwise is refused for it, and needs nothing from here.
        if phase == .clientSettings, !isSettings || bytes[4] & 1 != 0 {
            phase = .done
            return
        }
        toPass = length
        if length == 0 { contentPassed(&passed) }
    }

    private mutating func contentPassed(_ passed: inout [ByteBuffer]) {
        switch phase {
        case .preface: phase = .clientSettings
        case .clientSettings:
            phase = .untilAcknowledged
            passed.append(ByteBuffer(bytes: Self.acknowledgement))
        case .untilAcknowledged, .done: break
        }
    }
}
