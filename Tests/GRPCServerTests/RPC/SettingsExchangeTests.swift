// SPDX-License-Identifier: Apache-2.0
import GRPCServer
import Inference
import NIOCore
import Testing

@Suite("The exchange of settings") struct SettingsExchangeTests {
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    private static let acknowledgement = RawConnection.frame(type: 4, flags: 1, stream: 0, [])
    private static let settings = RawConnection.frame(type: 4, flags: 0, stream: 0, [0, 4, 0, 0, 255, 255])
    private static let headers = RawConnection.frame(type: 1, flags: 4, stream: 1, Array(repeating: 7, count: 300))
    private static let data = RawConnection.frame(type: 0, flags: 0, stream: 1, acknowledgement)

    private func passed(_ bytes: [UInt8], by size: Int) -> (bytes: [UInt8], isDone: Bool) {
        var exchange = SettingsExchange()
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)])
            for passed in exchange.received(piece) { result += Array(passed.readableBytesView) }
        }
        return (result, exchange.isDone)
    }

    @Test(
        "is acknowledged behind the client's settings, and the client's own word is left out",
        arguments: [1, 2, 7, 9, 10_000]
    )
    func moves(size: Int) {
        let sent = Self.preface + Self.settings + Self.headers + Self.data + Self.acknowledgement + Self.headers
        let expected = Self.preface + Self.settings + Self.acknowledgement + Self.headers + Self.data + Self.headers
        let (bytes, isDone) = passed(sent, by: size)
        #expect(bytes == expected)
        #expect(isDone)
    }

    @Test("goes on while the client has not acknowledged", arguments: [1, 10_000])
    func waits(size: Int) {
        let empty = RawConnection.frame(type: 4, flags: 0, stream: 0, [])
        let (bytes, isDone) = passed(Self.preface + empty + Self.headers, by: size)
        #expect(bytes == Self.preface + empty + Self.acknowledgement + Self.headers)
        #expect(!isDone)
    }

    @Test("takes out one acknowledgement and no more")
    func once() {
        let sent = Self.preface + Self.settings + Self.acknowledgement + Self.acknowledgement
        #expect(passed(sent, by: 5).bytes == sent)
    }

    @Test("leaves alone what is no settings frame of a client", arguments: [1, 10_000])
    func otherBeginnings(size: Int) {
        for first in [Self.acknowledgement, Self.headers] {
            let sent = Self.preface + first + Self.headers
            let (bytes, isDone) = passed(sent, by: size)
            #expect(bytes == sent)
            #expect(isDone)
        }
        let garbage = Array(repeating: UInt8(ascii: "x"), count: 100)
        #expect(passed(garbage, by: size).bytes == garbage)
    }

    @Test("a flood is counted by spans", arguments: [(3, false), (4, true)])
    func floodCount(times: Int, isFlood: Bool) {
        var flood = FloodCount(limit: 3, seconds: 10)
        let start = MonotonicTime.now()
        var last = false
        for _ in 0..<times { last = flood.counts(at: start) }
        #expect(last == isFlood)
        let later = flood.counts(at: start.advanced(byNanoseconds: 10_000_000_000))
        #expect(!later)
    }
}
