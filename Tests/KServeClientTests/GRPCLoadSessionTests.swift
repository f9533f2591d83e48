// SPDX-License-Identifier: Apache-2.0
import KServeClient
import NIOCore
import NIOHPACK
import Testing

/// Frames by hand: what a server may send, and what must come back.
@Suite struct GRPCLoadSessionTests {
    private static func frame(_ kind: UInt8, _ flags: UInt8 = 0, _ stream: UInt32 = 0, _ payload: [UInt8] = [])
        -> [UInt8]
    {
        let length = payload.count
        let size = [UInt8(length >> 16), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF)]
        return size + [kind, flags] + number(stream) + payload
    }

    private static func number(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
    }

    private static func setting(_ setting: UInt8, _ value: UInt32) -> [UInt8] { [0, setting] + number(value) }

    private static func block(_ headers: HPACKHeaders, _ encoder: inout HPACKEncoder) -> [UInt8] {
        var block = ByteBuffer()
        try? encoder.encode(headers: headers, to: &block)
        return Array(block.readableBytesView)
    }

    private static func message(_ bytes: [UInt8]) -> [UInt8] {
        Array(GRPCMessageReader.framed(bytes).readableBytesView)
    }

    private func session(_ message: [UInt8] = [1, 2], isStreaming: Bool = false) -> GRPCLoadSession {
        let head = GRPCRequestHead(path: "/a/b", authority: "h:1", isEncrypted: false)
        return GRPCLoadSession(GRPCLoadRequest(head: head, message: message, isStreaming: isStreaming))
    }

    private func events(_ session: inout GRPCLoadSession, _ bytes: [UInt8], inPiecesOf size: Int = .max) throws
        -> [String]
    {
        var events: [String] = []
        var buffer = ByteBuffer()
        var rest = bytes[...]
        while !rest.isEmpty {
            buffer.writeBytes(rest.prefix(size))
            rest = rest.dropFirst(min(size, rest.count))
            while let event = try session.next(in: &buffer) {
                switch event {
                case .ready: events.append("ready")
                case .message(let stream, let bytes): events.append("\(stream): \(Array(bytes.readableBytesView))")
                case .ended(let stream, let status): events.append("\(stream) \(status.name)")
                }
            }
        }
        return events
    }

    private func sent(_ session: inout GRPCLoadSession) -> [UInt8] {
        session.takeOutput().map { Array($0.readableBytesView) } ?? []
    }

    /// A session that may begin calls.
    private func readySession(
        _ message: [UInt8] = [1, 2],
        isStreaming: Bool = false,
        settings: [UInt8] = []
    ) throws -> GRPCLoadSession {
        var session = session(message, isStreaming: isStreaming)
        #expect(!session.canStart)
        #expect(try events(&session, Self.frame(4, 0, 0, settings)) == ["ready"])
        let greeting = sent(&session)
        #expect(greeting.starts(with: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
        #expect(greeting.suffix(9) == Self.frame(4, 1)[...])
        return session
    }

    @Test(arguments: [1, 3, 9, 1000])
    func readsCallsHoweverTheyArrive(inPiecesOf size: Int) throws {
        var session = try readySession()
        var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
        var bytes: [UInt8] = []
        for stream in [1, 3, 5] as [UInt32] {
            #expect(session.start() == stream)
            bytes += Self.frame(
                1,
                4,
                stream,
                Self.block([":status": "200", "content-type": "application/grpc"], &encoder)
            )
            bytes += Self.frame(0, 8, stream, [2] + Self.message([7, UInt8(stream)]) + [0, 0])
            bytes += Self.frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])
            bytes += Self.frame(1, 5, stream, Self.block(["grpc-status": stream == 3 ? "5" : "0"], &encoder))
        }
        _ = sent(&session)
        let expected = ["1: [7, 1]", "1 OK", "3: [7, 3]", "3 NOT_FOUND", "5: [7, 5]", "5 OK"]
        #expect(try events(&session, bytes, inPiecesOf: size) == expected)
        let pong = Self.frame(6, 1, 0, [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(sent(&session) == pong + pong + pong)
    }

    @Test func headersMayGoOnAndSeveralMessagesShareAFrame() throws {
        var session = try readySession()
        _ = session.start()
        var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
        let block = Self.block([":status": "200"], &encoder) + Self.block(["x": "y"], &encoder)
        var bytes =
            Self.frame(1, 0x20, 1, [0, 0, 0, 0, 1] + block.prefix(2)) + Self.frame(9, 4, 1, Array(block.dropFirst(2)))
        bytes += Self.frame(0, 1, 1, Self.message([1]) + Self.message([2]))
        #expect(try events(&session, bytes) == ["1: [1]", "1: [2]", "1 UNKNOWN"])
    }

    @Test func laterHeadersAreShorter() throws {
        var session = try readySession()
        _ = session.start()
        let first = sent(&session)
        _ = session.start()
        let second = sent(&session)
        _ = session.start()
        #expect(second.count < first.count - 20)
        #expect(sent(&session).count == second.count)
        var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
        for call in [first, second] {
            var block = ByteBuffer(bytes: call[9..<9 + Int(call[2])])
            let headers = try decoder.decodeHeaders(from: &block)
            #expect(headers.first(name: ":path") == "/a/b")
            #expect(headers.first(name: "te") == "trailers")
        }
    }

    @Test func spellsHeadersOutForAServerWithoutATable() throws {
        var session = try readySession(settings: Self.setting(1, 4095))
        var decoder = HPACKDecoder(allocator: ByteBufferAllocator(), maxDynamicTableSize: 0)
        for _ in 0..<2 {
            _ = session.start()
            let call = sent(&session)
            var block = ByteBuffer(bytes: call[9..<9 + Int(call[2])])
            #expect(try decoder.decodeHeaders(from: &block).first(name: ":path") == "/a/b")
        }
    }

    @Test func waitsForWindows() throws {
        var session = try readySession(Array(repeating: 7, count: 95), settings: Self.setting(4, 60))
        _ = session.start()
        var data = Array(sent(&session).suffix(69))
        #expect(data.prefix(9) == Self.frame(0, 0, 1, Array(repeating: 0, count: 60)).prefix(9))
        #expect(try events(&session, Self.frame(8, 0, 1, Self.number(30))).isEmpty)
        data = sent(&session)
        #expect(data.prefix(9) == Self.frame(0, 0, 1, Array(repeating: 0, count: 30)).prefix(9))
        // Larger windows for all streams are larger for those under way.
        #expect(try events(&session, Self.frame(4, 0, 0, Self.setting(4, 100))).isEmpty)
        data = sent(&session)
        #expect(data.prefix(9) == Self.frame(0, 1, 1, Array(repeating: 0, count: 10)).prefix(9))
    }

    @Test func theConnectionsWindowIsForAllStreams() throws {
        var session = try readySession(Array(repeating: 7, count: 40_000), settings: Self.setting(4, 1 << 20))
        _ = session.start()
        _ = session.start()
        let both = sent(&session).count
        #expect(both > 65_535 && both < 66_000)
        #expect(try events(&session, Self.frame(8, 0, 0, Self.number(1 << 20))).isEmpty)
        #expect(sent(&session).count == 80_010 - 65_535 + 9)
    }

    @Test func repeatsMessagesOnAStream() throws {
        var session = try readySession(isStreaming: true)
        _ = session.start()
        let frame = Self.frame(0, 0, 1, Self.message([1, 2]))
        #expect(sent(&session).suffix(frame.count) == frame[...])
        session.sendMessage(on: 1)
        #expect(sent(&session) == frame)
    }

    @Test func keepsWithinTheServersNumberOfStreams() throws {
        var session = try readySession(settings: Self.setting(3, 2))
        _ = session.start()
        _ = session.start()
        #expect(!session.canStart)
        #expect(try events(&session, Self.frame(3, 0, 1, Self.number(7))) == ["1 UNAVAILABLE"])
        #expect(session.canStart)
    }

    @Test func endsWhatTheServerWillNotAnswer() throws {
        var session = try readySession()
        for _ in 0..<3 { _ = session.start() }
        let events = try events(&session, Self.frame(7, 0, 0, Self.number(1) + Self.number(0)))
        #expect(events == ["3 UNAVAILABLE", "5 UNAVAILABLE"])
        #expect(session.isSpent)
        #expect(!session.canStart)
    }

    @Test(arguments: [
        frame(0, 0, 1, message([1])), frame(0, 8, 1, [9, 0]), frame(5, 4, 1), frame(6, 0, 0, [1]),
        frame(8, 0, 0, number(0x7FFF_FFFF)), frame(8, 0, 0, [1]), frame(3, 0, 1, [1]), frame(7, 0, 0, [1]),
        frame(4, 0, 0, [1]), frame(4, 0, 0, setting(4, 0x8000_0000)), frame(9, 4, 1), frame(1, 0, 1) + frame(6),
        frame(1, 4, 1, [0x80]), frame(1, 0x24, 1, [1]), [0, 0x40, 1, 0, 0, 0, 0, 0, 1],
        frame(1, 4, 1, [0x88]) + frame(0, 0, 1, [1, 0, 0, 0, 0]),
    ])
    func refusesWhatBreaksTheConnection(_ bytes: [UInt8]) throws {
        var session = try readySession()
        _ = session.start()
        #expect(throws: HTTP2FrameError.self) { try events(&session, bytes) }
    }

    @Test func noticesWhatIsNotHTTP2() {
        var session = session()
        #expect(throws: HTTP2FrameError.self) { try events(&session, Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)) }
    }

    @Test func givesBackWhatItHasRead() throws {
        var session = try readySession()
        _ = session.start()
        _ = sent(&session)
        var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
        _ = try events(&session, Self.frame(1, 4, 1, Self.block([":status": "200"], &encoder)))
        let data = Self.frame(0, 0, 1, Self.message(Array(repeating: 0, count: 15_995)))
        var given = 0
        for _ in 0..<600 {
            var buffer = ByteBuffer(bytes: data)
            while try session.next(in: &buffer) != nil {}
            given += sent(&session).count
        }
        // Twice 4 MiB have come: each time both windows are opened.
        #expect(given == 2 * 2 * 13)
    }
}
