// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// Stands between the socket and `NIOHTTP2Handler` until both sides know each other's settings: tells the client how many
/// streams it may open, which the handler is not told, and has the settings count at once.
final class StreamLimitHandler: ChannelInboundHandler, ChannelOutboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let limit: UInt32
    private var exchange = SettingsExchange()
    private var hasToldLimit = false

    init(_ concurrentStreams: Int) { limit = UInt32(clamping: concurrentStreams) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for piece in exchange.received(unwrapInboundIn(data)) { context.fireChannelRead(wrapInboundOut(piece)) }
        if exchange.isDone, hasToldLimit { context.pipeline.syncOperations.removeHandler(self, promise: nil) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !hasToldLimit else { return context.write(data, promise: promise) }
        var bytes = unwrapOutboundIn(data)
        hasToldLimit = true
        tellLimit(in: &bytes)
        context.write(wrapOutboundOut(bytes), promise: promise)
    }

    /// The server's settings are the first that it sends: pairs of a name, in two bytes, and a value, in four.
    private func tellLimit(in bytes: inout ByteBuffer) {
        let start = bytes.readerIndex
        guard let length = bytes.getInteger(at: start + 1, as: UInt16.self), bytes.getInteger(at: start + 3) == UInt8(4)
        else { return }
        for pair in stride(from: start + 9, to: start + 9 + Int(length), by: 6)
        where bytes.getInteger(at: pair) == UInt16(3) {
            bytes.setInteger(limit, at: pair + 2)
        }
    }
}
