// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2

/// One HTTP/2 stream in the words of HTTP/1, which all handlers behind it speak: a connection with one request.
final class StreamCodec: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let limits: ConnectionLimits
    private var context: ChannelHandlerContext?
    private var hasHead = false
    private var isRequestEnded = false
    private var isAnswerEnded = false
    private var isAnswerSent = false
    private var endsWhenSent = false
    private let sentPromise: EventLoopPromise<Void>

    init(limits: ConnectionLimits, eventLoop: any EventLoop) {
        self.limits = limits
        sentPromise = eventLoop.makePromise()
    }

    /// Completes once the answer's end has left, or never will.
    var sent: EventLoopFuture<Void> { sentPromise.futureResult }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        sentPromise.fail(ChannelError.ioOnClosedChannel)
        self.context = nil
    }

    // MARK: requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let block) where !hasHead:
            hasHead = true
            isRequestEnded = block.endStream
            headArrived(block, context: context)
        case .headers:
            // Trailers, which nobody asks for.
            isRequestEnded = true
            context.fireChannelRead(wrapInboundOut(.end(nil)))
        case .data(let data):
            guard case .byteBuffer(let bytes) = data.data else { return }
            isRequestEnded = data.endStream
            if bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(bytes))) }
            if data.endStream { context.fireChannelRead(wrapInboundOut(.end(nil))) }
        default: break
        }
    }

    private func headArrived(_ block: HTTP2Frame.FramePayload.Headers, context: ChannelHandlerContext) {
        do throws(StreamHead.Fault) {
            let head = try StreamHead.request(block.headers, hasBody: !block.endStream, limits: limits)
            context.fireChannelRead(wrapInboundOut(.head(head)))
            if block.endStream { context.fireChannelRead(wrapInboundOut(.end(nil))) }
        } catch {
            context.fireErrorCaught(error)
        }
    }

    // MARK: answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            var fields = HTTPHeaders([(":status", String(head.status.code))])
            fields.add(contentsOf: head.headers)
            // As the encoder of HTTP/1 has it (RFC 9110, section 8.6).
            if head.status == .noContent { fields.remove(name: "content-length") }
            // Leaves out what is about a connection of HTTP/1.
            let block = HPACKHeaders(httpHeaders: fields, normalizeHTTPHeaders: true)
            context.write(wrapOutboundOut(.headers(.init(headers: block))), promise: promise)
        case .body(let body):
            context.write(wrapOutboundOut(.data(.init(data: body))), promise: promise)
        case .end:
            isAnswerEnded = true
            let written = promise ?? context.eventLoop.makePromise()
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            written.futureResult.whenSuccess { bound.value.answerSent() }
            context.write(
                wrapOutboundOut(.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true))),
                promise: written
            )
        }
    }

    private func answerSent() {
        isAnswerSent = true
        sentPromise.succeed()
        if endsWhenSent { stopRequest() }
    }

    /// Nothing more is wanted of the client. The answer, if there is one, still reaches it whole.
    func endWhenSent() {
        endsWhenSent = true
        guard isAnswerEnded else {
            context?.close(promise: nil)
            return
        }
        context?.flush()
        if isAnswerSent { stopRequest() }
    }

    /// Tells a client that still sends its request that it need not: it was answered (RFC 9113, section 8.1).
    private func stopRequest() {
        guard !isRequestEnded, let context else { return }
        context.writeAndFlush(wrapOutboundOut(.rstStream(.noError)), promise: nil)
    }
}
