// SPDX-License-Identifier: Apache-2.0
import EchoServer
import NIOCore
import NIOHPACK
import NIOHTTP2

/// Reads each call to its end and answers with the recorded message: the least that a gRPC server on these frames can do.
private final class FrameEchoHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    static let window = 16 << 20

    private let headers = HPACKHeaders([(":status", "200"), ("content-type", "application/grpc")])
    private let trailers = HPACKHeaders([("grpc-status", "0")])
    private let message: ByteBuffer
    private var uncredited = 0

    init(_ answer: [UInt8]) {
        var framed = ByteBuffer(integer: UInt8(0))
        framed.writeInteger(UInt32(answer.count))
        framed.writeBytes(answer)
        message = framed
    }

    func channelActive(context: ChannelHandlerContext) {
        write(.windowUpdate(windowSizeIncrement: Self.window - 65_535), on: .rootStream, context)
        context.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard case .data(let content) = frame.payload else { return }
        credit(content.data.readableBytes, context)
        guard content.endStream else { return }
        write(.headers(.init(headers: headers)), on: frame.streamID, context)
        write(.data(.init(data: .byteBuffer(message))), on: frame.streamID, context)
        write(.headers(.init(headers: trailers, endStream: true)), on: frame.streamID, context)
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    /// A call's own window is larger than any request here.
    private func credit(_ count: Int, _ context: ChannelHandlerContext) {
        uncredited += count
        guard uncredited >= Self.window / 2 else { return }
        write(.windowUpdate(windowSizeIncrement: uncredited), on: .rootStream, context)
        uncredited = 0
    }

    private func write(_ payload: HTTP2Frame.FramePayload, on stream: HTTP2StreamID, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
    }
}

let server = EchoServer(arguments: CommandLine.arguments)
let answer = server.answer
try server.run { channel in
    let settings: HTTP2Settings = [
        HTTP2Setting(parameter: .maxConcurrentStreams, value: 1024),
        HTTP2Setting(parameter: .initialWindowSize, value: FrameEchoHandler.window),
    ]
    try channel.pipeline.syncOperations.addHandler(NIOHTTP2Handler(mode: .server, initialSettings: settings))
    try channel.pipeline.syncOperations.addHandler(FrameEchoHandler(answer))
}
