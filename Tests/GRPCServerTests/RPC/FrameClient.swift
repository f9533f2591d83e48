// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization

/// A client that speaks in frames and does nothing by itself but what a test tells it.
final class FrameClient: Sendable {
    struct Stream: Sendable {
        var headers: [HPACKHeaders] = []
        var bytes: [UInt8] = []
        var dataFrames = 0
        var isEnded = false
        var reset: HTTP2ErrorCode?

        /// The last block of headers: trailers, or the only one.
        var status: Int? { headers.last?.first(name: "grpc-status").flatMap { Int($0) } }
        var message: String? { headers.last?.first(name: "grpc-message") }
        var httpStatus: String? { headers.first?.first(name: ":status") }

        /// The messages in `bytes`, uncompressed ones; `nil` if they end inside one.
        var messages: [[UInt8]]? {
            var rest = bytes[...]
            var found: [[UInt8]] = []
            while !rest.isEmpty {
                guard rest.count >= 5 else { return nil }
                let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
                guard rest.count >= 5 + length else { return nil }
                found.append(Array(rest.dropFirst(5).prefix(length)))
                rest = rest.dropFirst(5 + length)
            }
            return found
        }
    }

    struct Record: Sendable {
        var streams: [Int: Stream] = [:]
        var goAways: [(last: Int, code: HTTP2ErrorCode)] = []
        var pings = 0
        var pingAnswers = 0
        var isClosed = false
        var lastStream = -1
        var opensWindows = true
    }

    let record = Mutex(Record())
    let channel: any Channel

    static func connect(
        port: Int,
        settings: HTTP2Settings = [],
        opensWindows: Bool = true,
        tls: NIOSSLContext? = nil,
        group: any EventLoopGroup
    ) async throws -> FrameClient {
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: nil)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        NIOHTTP2Handler(mode: .client, initialSettings: settings)
                    )
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        let client = FrameClient(channel: channel)
        // The server may have closed before anybody was there to see it.
        channel.closeFuture.whenComplete { _ in client.record.withLock { $0.isClosed = true } }
        client.record.withLock { $0.opensWindows = opensWindows }
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(Receiver(client: client))
        }.get()
        return client
    }

    private init(channel: any Channel) { self.channel = channel }

    func stream(_ id: Int) -> Stream { record.withLock { $0.streams[id] ?? Stream() } }

    func close() async { try? await channel.close() }

    // MARK: frames

    func write(_ payload: HTTP2Frame.FramePayload, on stream: Int) {
        let frame = HTTP2Frame(streamID: HTTP2StreamID(stream), payload: payload)
        channel.write(frame, promise: nil)
    }

    func flush() { channel.flush() }

    static func headers(_ path: String, _ extra: [(String, String)] = []) -> HPACKHeaders {
        HPACKHeaders(
            [
                (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"),
                ("te", "trailers"), ("content-type", "application/grpc"),
            ] + extra
        )
    }

    /// - Returns: the new stream's number.
    func open(_ path: String, _ extra: [(String, String)] = [], end: Bool = false) -> Int {
        open(headers: Self.headers(path, extra), end: end)
    }

    func open(headers: HPACKHeaders, end: Bool = false) -> Int {
        let stream = record.withLock { record in
            record.lastStream += 2
            record.streams[record.lastStream] = Stream()
            return record.lastStream
        }
        write(.headers(.init(headers: headers, endStream: end)), on: stream)
        flush()
        return stream
    }

    func send(_ bytes: some Sequence<UInt8>, on stream: Int, end: Bool = false) {
        write(.data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes)), endStream: end)), on: stream)
        flush()
    }

    static func framed(_ content: [UInt8], flag: UInt8 = 0, length: Int? = nil) -> [UInt8] {
        let length = length ?? content.count
        return [flag] + (0..<4).reversed().map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + content
    }

    func sendMessage(_ content: [UInt8], on stream: Int, end: Bool = false) {
        send(Self.framed(content), on: stream, end: end)
    }

    func reset(_ stream: Int) {
        write(.rstStream(.cancel), on: stream)
        flush()
    }

    func openWindow(of stream: Int, by bytes: Int) {
        write(.windowUpdate(windowSizeIncrement: bytes), on: stream)
        flush()
    }

    /// Waits until `condition` holds of what came; `false` after ten seconds.
    func eventually(_ condition: (Record) -> Bool) async -> Bool {
        for _ in 0..<12_000 {
            if record.withLock({ condition($0) }) { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return record.withLock { condition($0) }
    }

    func ended(_ stream: Int) async -> Stream {
        _ = await eventually { $0.isClosed || $0.streams[stream]?.isEnded == true || $0.streams[stream]?.reset != nil }
        return self.stream(stream)
    }

    /// A whole unary call.
    func call(_ path: String, _ content: [UInt8], _ extra: [(String, String)] = []) async -> Stream {
        let stream = open(path, extra)
        sendMessage(content, on: stream, end: true)
        return await ended(stream)
    }
}

private final class Receiver: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let client: FrameClient

    init(client: FrameClient) { self.client = client }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        let id = Int(frame.streamID)
        switch frame.payload {
        case .headers(let headers):
            client.record.withLock { record in
                record.streams[id, default: .init()].headers.append(headers.headers)
                if headers.endStream { record.streams[id, default: .init()].isEnded = true }
            }
        case .data(let data):
            guard case .byteBuffer(let bytes) = data.data else { return }
            let opensWindows = client.record.withLock { record in
                record.streams[id, default: .init()].bytes += bytes.readableBytesView
                record.streams[id, default: .init()].dataFrames += 1
                if data.endStream { record.streams[id, default: .init()].isEnded = true }
                return record.opensWindows
            }
            guard opensWindows, bytes.readableBytes > 0 else { return }
            for stream in [HTTP2StreamID.rootStream, frame.streamID] {
                let update = HTTP2Frame.FramePayload.windowUpdate(windowSizeIncrement: bytes.readableBytes)
                context.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: update)), promise: nil)
            }
            context.flush()
        case .rstStream(let code): client.record.withLock { $0.streams[id, default: .init()].reset = code }
        case .goAway(let last, let code, _): client.record.withLock { $0.goAways.append((Int(last), code)) }
        case .ping(_, let ack):
            client.record.withLock { record in
                if ack { record.pingAnswers += 1 } else { record.pings += 1 }
            }
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    func channelInactive(context: ChannelHandlerContext) { client.record.withLock { $0.isClosed = true } }
}
