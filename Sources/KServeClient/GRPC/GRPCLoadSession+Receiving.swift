// SPDX-License-Identifier: Apache-2.0
package import NIOCore

extension GRPCLoadSession {
    /// Takes the next thing that `buffer` tells off its front; `nil` until more bytes are there.
    /// - Throws: ``HTTP2FrameError`` for what breaks the connection.
    package mutating func next(in buffer: inout ByteBuffer) throws(HTTP2FrameError) -> Event? {
        while true {
            if let event = events.popFirst() { return event }
            if data != nil, let event = try nextMessage() { return event }
            guard let head = HTTP2FrameHead(buffer) else { return nil }
            guard head.payloadLength <= HTTP2FrameHead.maximumPayload else {
                throw HTTP2FrameError(peer.isKnown ? "a frame beyond the largest allowed" : "not HTTP/2")
            }
            guard buffer.readableBytes >= HTTP2FrameHead.length + head.payloadLength else { return nil }
            buffer.moveReaderIndex(forwardBy: HTTP2FrameHead.length)
            guard let payload = buffer.readSlice(length: head.payloadLength) else { return nil }
            guard peer.isKnown || head.kind == HTTP2FrameHead.Kind.settings else { throw HTTP2FrameError("not HTTP/2") }
            guard openBlock == nil || head.kind == HTTP2FrameHead.Kind.continuation else {
                throw HTTP2FrameError("headers that are cut off")
            }
            if let event = try frameArrived(head, payload) { return event }
        }
    }

    private mutating func frameArrived(
        _ head: HTTP2FrameHead,
        _ payload: ByteBuffer
    ) throws(HTTP2FrameError) -> Event? {
        var payload = payload
        switch head.kind {
        case HTTP2FrameHead.Kind.data: try dataArrived(head, payload)
        case HTTP2FrameHead.Kind.headers: return try headersArrived(head, payload)
        case HTTP2FrameHead.Kind.continuation: return try continuationArrived(head, payload)
        case HTTP2FrameHead.Kind.resetStream:
            guard let code = payload.readInteger(as: UInt32.self) else { throw HTTP2FrameError("a torn reset") }
            return end(head.stream, GRPCStatus(resetWith: code))
        case HTTP2FrameHead.Kind.settings: return try settingsArrived(head, payload)
        case HTTP2FrameHead.Kind.ping:
            guard payload.readableBytes == 8 else { throw HTTP2FrameError("a ping of a wrong length") }
            if !head.has(HTTP2FrameHead.Flag.acknowledge) { acknowledge(head.kind, payload) }
        case HTTP2FrameHead.Kind.goAway: try goAwayArrived(payload)
        case HTTP2FrameHead.Kind.windowUpdate: try windowUpdateArrived(head, payload)
        case HTTP2FrameHead.Kind.pushPromise: throw HTTP2FrameError("a push, which was turned off")
        default: break
        }
        return nil
    }

    private mutating func acknowledge(_ kind: UInt8, _ payload: ByteBuffer = ByteBuffer()) {
        HTTP2FrameHead(
            kind: kind,
            flags: HTTP2FrameHead.Flag.acknowledge,
            payloadLength: payload.readableBytes
        ).write(to: &output)
        output.writeImmutableBuffer(payload)
    }

    private mutating func end(_ stream: UInt32, _ status: GRPCStatus) -> Event? {
        // A frame may cross the end of its stream.
        guard streams.removeValue(forKey: stream) != nil else { return nil }
        return .ended(stream: stream, status)
    }

    // Data.

    private mutating func dataArrived(_ head: HTTP2FrameHead, _ payload: ByteBuffer) throws(HTTP2FrameError) {
        credit(head)
        var bytes = payload
        try Self.removePadding(head, &bytes)
        data = (head.stream, bytes, head.has(HTTP2FrameHead.Flag.endStream))
    }

    /// Windows are opened again by quarters.
    private mutating func credit(_ head: HTTP2FrameHead) {
        uncredited += head.payloadLength
        if uncredited >= Self.window / 4 {
            writeWindowUpdate(uncredited, stream: 0)
            uncredited = 0
        }
        streams[head.stream]?.uncredited += head.payloadLength
        if let stream = streams[head.stream], stream.uncredited >= Self.window / 4 {
            writeWindowUpdate(stream.uncredited, stream: head.stream)
            streams[head.stream]?.uncredited = 0
        }
    }

    private static func removePadding(_ head: HTTP2FrameHead, _ bytes: inout ByteBuffer) throws(HTTP2FrameError) {
        guard head.has(HTTP2FrameHead.Flag.padded) else { return }
        guard let padding = bytes.readInteger(as: UInt8.self), Int(padding) <= bytes.readableBytes else {
            throw HTTP2FrameError("more padding than frame")
        }
        bytes.moveWriterIndex(to: bytes.writerIndex - Int(padding))
    }

    private mutating func nextMessage() throws(HTTP2FrameError) -> Event? {
        guard var current = data else { return nil }
        data = nil
        guard let stream = streams[current.stream] else { return nil }
        guard stream.hasHeaders else { throw HTTP2FrameError("data before headers") }
        do throws(GRPCFramingError) {
            if let message = try streams[current.stream]?.reader.next(in: &current.bytes) {
                data = current
                return .message(stream: current.stream, message)
            }
        } catch {
            throw HTTP2FrameError("a message that cannot be read (\(error))")
        }
        guard current.endStream else { return nil }
        return end(current.stream, GRPCStatus(code: GRPCStatus.unknown, message: "no status"))
    }

    // Headers.

    private mutating func headersArrived(
        _ head: HTTP2FrameHead,
        _ payload: ByteBuffer
    ) throws(HTTP2FrameError) -> Event? {
        var block = payload
        try Self.removePadding(head, &block)
        if head.has(HTTP2FrameHead.Flag.priority) {
            guard block.readableBytes >= 5 else { throw HTTP2FrameError("a torn priority") }
            block.moveReaderIndex(forwardBy: 5)
        }
        let endStream = head.has(HTTP2FrameHead.Flag.endStream)
        guard head.has(HTTP2FrameHead.Flag.endHeaders) else {
            openBlock = (head.stream, block, endStream)
            return nil
        }
        return try blockArrived(block, stream: head.stream, endStream: endStream)
    }

    private mutating func continuationArrived(
        _ head: HTTP2FrameHead,
        _ payload: ByteBuffer
    ) throws(HTTP2FrameError) -> Event? {
        guard var open = openBlock, open.stream == head.stream,
            open.bytes.readableBytes + payload.readableBytes <= Self.headerListLimit
        else { throw HTTP2FrameError("headers that go on where none can") }
        open.bytes.writeImmutableBuffer(payload)
        guard head.has(HTTP2FrameHead.Flag.endHeaders) else {
            openBlock = open
            return nil
        }
        openBlock = nil
        return try blockArrived(open.bytes, stream: open.stream, endStream: open.endStream)
    }

    private mutating func blockArrived(
        _ block: ByteBuffer,
        stream: UInt32,
        endStream: Bool
    ) throws(HTTP2FrameError) -> Event? {
        // Every block is decoded: the table is the connection's.
        let meaning = try answerBlocks.meaning(of: block)
        guard let open = streams[stream] else { return nil }
        if endStream { return end(stream, meaning.status ?? Self.statusless(meaning)) }
        guard meaning.httpStatus == "200", !open.hasHeaders else { return end(stream, Self.statusless(meaning)) }
        streams[stream]?.hasHeaders = true
        return nil
    }

    private static func statusless(_ meaning: AnswerBlocks.Meaning) -> GRPCStatus {
        meaning.httpStatus.isEmpty || meaning.httpStatus == "200"
            ? GRPCStatus(code: GRPCStatus.unknown, message: "no status") : GRPCStatus(httpStatus: meaning.httpStatus)
    }

    // The connection.

    private mutating func settingsArrived(
        _ head: HTTP2FrameHead,
        _ payload: ByteBuffer
    ) throws(HTTP2FrameError) -> Event? {
        if head.has(HTTP2FrameHead.Flag.acknowledge) { return nil }
        var payload = payload
        while let (setting, value) = payload.readMultipleIntegers(as: (UInt16, UInt32).self) {
            switch setting {
            case HTTP2FrameHead.Setting.headerTableSize:
                // A table once given up stays so: taking it up again would need an announcement.
                if value < 4096 { peer.hasTable = false }
            case HTTP2FrameHead.Setting.maximumStreams: peer.maximumStreams = Int(value)
            case HTTP2FrameHead.Setting.initialWindow:
                guard value <= UInt32(HTTP2Window.maximum) else { throw HTTP2FrameError("a window beyond the largest") }
                changeInitialWindow(to: Int(value))
            default: break
            }
        }
        guard payload.readableBytes == 0 else { throw HTTP2FrameError("torn settings") }
        acknowledge(head.kind)
        let isFirst = !peer.isKnown
        peer.isKnown = true
        return isFirst ? .ready : nil
    }

    private mutating func changeInitialWindow(to size: Int) {
        let change = size - peer.initialWindow
        peer.initialWindow = size
        for stream in Array(streams.keys) { streams[stream]?.sendWindow += change }
        sendBlocked()
    }

    private mutating func windowUpdateArrived(
        _ head: HTTP2FrameHead,
        _ payload: ByteBuffer
    ) throws(HTTP2FrameError) {
        guard payload.readableBytes == 4, let value = payload.getInteger(at: payload.readerIndex, as: UInt32.self)
        else { throw HTTP2FrameError("a torn window update") }
        let increment = Int(value & 0x7FFF_FFFF)
        if head.stream == 0 { sendWindow += increment } else { streams[head.stream]?.sendWindow += increment }
        guard sendWindow <= HTTP2Window.maximum else { throw HTTP2FrameError("a window beyond the largest") }
        if !blocked.isEmpty { sendBlocked() }
    }

    private mutating func goAwayArrived(_ payload: ByteBuffer) throws(HTTP2FrameError) {
        var payload = payload
        guard let (last, code) = payload.readMultipleIntegers(as: (UInt32, UInt32).self) else {
            throw HTTP2FrameError("a torn goodbye")
        }
        isGoingAway = true
        let status = GRPCStatus(
            code: GRPCStatus.unavailable,
            message: "the server is closing the connection (HTTP/2 error \(code))"
        )
        for stream in streams.keys.filter({ $0 > last & 0x7FFF_FFFF }).sorted() {
            streams[stream] = nil
            events.append(.ended(stream: stream, status))
        }
    }
}
