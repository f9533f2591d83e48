// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// A connection over TLS on which HTTP/2 was agreed, with a channel for each request.
final class HTTP2Client: Sendable {
    struct Answer: Sendable, Equatable {
        var status = ""
        var fields: [String: String] = [:]
        var body = ""
        /// Set if the stream did not end with its answer.
        var reset: HTTP2ErrorCode?

        mutating func take(_ block: HPACKHeaders) {
            for (name, value, _) in block where name != ":status" { fields[name] = value }
            status = block.first(name: ":status") ?? status
        }
    }

    private let channel: any Channel
    private let streams: NIOHTTP2Handler.StreamMultiplexer

    static func connect(port: Int, tls: NIOSSLContext) async throws -> HTTP2Client {
        let (channel, streams) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(try NIOSSLClientHandler(context: tls, serverHostname: nil))
                    let handler = NIOHTTP2Handler(mode: .client, eventLoop: channel.eventLoop) { stream in
                        stream.eventLoop.makeSucceededVoidFuture()
                    }
                    try pipeline.addHandler(handler)
                    return (channel, try handler.syncMultiplexer())
                }
            }
        return HTTP2Client(channel, streams)
    }

    private init(_ channel: any Channel, _ streams: NIOHTTP2Handler.StreamMultiplexer) {
        self.channel = channel
        self.streams = streams
    }

    var isClosed: Bool { !channel.isActive }

    func close() async { try? await channel.close() }

    /// - Parameter ends: whether the request ends with its body.
    func request(
        _ method: String,
        _ path: String,
        _ fields: [(String, String)] = [],
        authority: String? = "h",
        body: String = "",
        ends: Bool = true
    ) async throws -> Answer {
        let answered = channel.eventLoop.makePromise(of: Answer.self)
        let stream = try await streams.createStreamChannel { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandler(AnswerGatherer(answered))
            }
        }.get()
        var block = HPACKHeaders([(":method", method), (":scheme", "https"), (":path", path)])
        if let authority { block.add(name: ":authority", value: authority) }
        for (name, value) in fields { block.add(name: name, value: value) }
        let endsAtHead = ends && body.isEmpty
        stream.write(HTTP2Frame.FramePayload.headers(.init(headers: block, endStream: endsAtHead)), promise: nil)
        if !body.isEmpty {
            let data = HTTP2Frame.FramePayload.Data(data: .byteBuffer(ByteBuffer(string: body)), endStream: ends)
            stream.write(HTTP2Frame.FramePayload.data(data), promise: nil)
        }
        stream.flush()
        return try await answered.futureResult.get()
    }
}

private final class AnswerGatherer: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload

    private let answered: EventLoopPromise<HTTP2Client.Answer>
    private var answer = HTTP2Client.Answer()

    init(_ answered: EventLoopPromise<HTTP2Client.Answer>) { self.answered = answered }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let headers): answer.take(headers.headers)
        case .data(let data):
            if case .byteBuffer(let bytes) = data.data { answer.body += String(buffer: bytes) }
            // A stream whose request goes on does not end with its answer.
            if data.endStream { answered.succeed(answer) }
        case .rstStream(let code): answer.reset = code
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let closed = error as? NIOHTTP2Errors.StreamClosed { answer.reset = closed.errorCode }
    }

    func channelInactive(context: ChannelHandlerContext) { answered.succeed(answer) }
}
