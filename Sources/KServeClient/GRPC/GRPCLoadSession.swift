// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// The calls that a load generator makes on a connection: the same message again and again.
package struct GRPCLoadRequest: Sendable {
    package var blocks: RequestBlocks
    /// The message with its prefix.
    package var message: ByteBuffer
    /// Whether many messages follow each other on a stream; otherwise each has its own.
    package var isStreaming: Bool

    package init(head: GRPCRequestHead, metadata: [(String, String)] = [], message: [UInt8], isStreaming: Bool) {
        blocks = RequestBlocks(head.headers(metadata: metadata))
        self.message = GRPCMessageReader.framed(message)
        self.isStreaming = isStreaming
    }
}

/// The client's end of one HTTP/2 connection that carries such calls: bytes in, answers out, bytes to be sent. It does
/// what the protocol asks of a client and no more, so that the server and not the client is measured.
package struct GRPCLoadSession: Sendable {
    package enum Event: Sendable {
        /// Calls may begin.
        case ready
        case message(stream: UInt32, ByteBuffer)
        case ended(stream: UInt32, GRPCStatus)
    }

    struct Stream: Sendable {
        var reader: GRPCMessageReader
        var sendWindow: Int
        /// Bytes at the end of the message that wait for the window.
        var unsent = 0
        var hasHeaders = false
        /// Bytes that were received and not given back to the stream's window.
        var uncredited = 0
    }

    static let window = 16 << 20
    static let headerListLimit = 64 << 10
    static let messageLimit = 1 << 30

    let request: GRPCLoadRequest
    var output = ByteBuffer()
    var streams: [UInt32: Stream] = [:]
    var answerBlocks = AnswerBlocks(listLimit: headerListLimit)
    /// Streams whose message waits for a window, oldest first.
    var blocked = CircularBuffer<UInt32>()
    var sendWindow = HTTP2Window.initial
    var peer = PeerSettings()
    var uncredited = 0
    /// The data frame whose messages are being taken.
    var data: (stream: UInt32, bytes: ByteBuffer, endStream: Bool)?
    /// The start of a header block that goes on in another frame.
    var openBlock: (stream: UInt32, bytes: ByteBuffer, endStream: Bool)?
    /// What one frame said about several streams.
    var events = CircularBuffer<Event>()
    var isGoingAway = false
    private var nextStream: UInt32 = 1
    private var usesTable: Bool?

    package init(_ request: GRPCLoadRequest) {
        self.request = request
        output.writeStaticString("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        let settings: [(UInt16, Int)] = [
            (HTTP2FrameHead.Setting.enablePush, 0), (HTTP2FrameHead.Setting.initialWindow, Self.window),
            (HTTP2FrameHead.Setting.maximumHeaderList, Self.headerListLimit),
        ]
        HTTP2FrameHead(kind: HTTP2FrameHead.Kind.settings, payloadLength: 6 * settings.count).write(to: &output)
        for (setting, value) in settings { output.writeMultipleIntegers(setting, UInt32(value)) }
        writeWindowUpdate(Self.window - HTTP2Window.initial, stream: 0)
    }

    /// Whether another call can begin now.
    package var canStart: Bool {
        peer.isKnown && !isGoingAway && streams.count < peer.maximumStreams && nextStream < UInt32(Int32.max) - 2
    }

    /// Whether the server or the numbers of streams allow no more calls on this connection, ever.
    package var isSpent: Bool { isGoingAway || nextStream >= UInt32(Int32.max) - 2 }

    /// What is to be sent now; `nil` for nothing.
    package mutating func takeOutput() -> ByteBuffer? {
        guard output.readableBytes > 0 else { return nil }
        defer { output = ByteBuffer() }
        return output
    }

    /// Begins a call with its first message.
    /// - Precondition: ``canStart``.
    package mutating func start() -> UInt32 {
        let id = nextStream
        nextStream += 2
        streams[id] = Stream(reader: GRPCMessageReader(limit: Self.messageLimit), sendWindow: peer.initialWindow)
        let block = takeBlock()
        HTTP2FrameHead(
            kind: HTTP2FrameHead.Kind.headers,
            flags: HTTP2FrameHead.Flag.endHeaders,
            stream: id,
            payloadLength: block.readableBytes
        ).write(to: &output)
        output.writeImmutableBuffer(block)
        sendMessage(on: id)
        return id
    }

    private mutating func takeBlock() -> ByteBuffer {
        let first = usesTable != peer.hasTable
        usesTable = peer.hasTable
        switch (peer.hasTable, first) {
        case (true, true): return request.blocks.first
        case (true, false): return request.blocks.later
        case (false, true): return request.blocks.firstWithoutTable
        case (false, false): return request.blocks.laterWithoutTable
        }
    }

    /// Sends the message once more on a stream that is open.
    package mutating func sendMessage(on id: UInt32) {
        streams[id]?.unsent = request.message.readableBytes
        if !sendUnsent(on: id) { blocked.append(id) }
    }

    mutating func sendBlocked() {
        for _ in 0..<blocked.count {
            guard let id = blocked.popFirst() else { return }
            if !sendUnsent(on: id) { blocked.append(id) }
        }
    }

    /// - Returns: whether nothing is left to send on this stream.
    private mutating func sendUnsent(on id: UInt32) -> Bool {
        guard var stream = streams[id] else { return true }
        while stream.unsent > 0 {
            let count = min(stream.unsent, HTTP2FrameHead.maximumPayload, sendWindow, stream.sendWindow)
            guard count > 0 else { break }
            let offset = request.message.writerIndex - stream.unsent
            stream.unsent -= count
            stream.sendWindow -= count
            sendWindow -= count
            let isLast = stream.unsent == 0 && !request.isStreaming
            HTTP2FrameHead(
                kind: HTTP2FrameHead.Kind.data,
                flags: isLast ? HTTP2FrameHead.Flag.endStream : 0,
                stream: id,
                payloadLength: count
            ).write(to: &output)
            request.message.withUnsafeReadableBytes { bytes in
                let start = offset - request.message.readerIndex
                _ = output.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
            }
        }
        streams[id] = stream
        return stream.unsent == 0
    }

    mutating func writeWindowUpdate(_ increment: Int, stream: UInt32) {
        HTTP2FrameHead(kind: HTTP2FrameHead.Kind.windowUpdate, stream: stream, payloadLength: 4).write(to: &output)
        output.writeInteger(UInt32(increment))
    }
}

/// What the server's settings say, as far as a client that only sends requests minds.
struct PeerSettings: Sendable {
    /// Whether the server has said anything yet.
    var isKnown = false
    var maximumStreams = Int.max
    var initialWindow = HTTP2Window.initial
    /// Whether its table for header compression has the size that is assumed of it.
    var hasTable = true
}
