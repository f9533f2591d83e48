// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore
import NIOHTTP1
package import Transport

/// Sits in front of the HTTP parser: hands ordinary infer requests to ``InferHandler`` as they stand in the bytes, and
/// gives the parser all other bytes untouched. All rules of the connection stay with ``InferHandler``, which sees the
/// same parts in the same order whoever read them.
package final class HotRequestHandler: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer

    private let handler: InferHandler
    private let limits: ConnectionLimits
    private let hosts: HostPolicy
    private var framing = HotFraming()

    package init(_ handler: InferHandler, limits: ConnectionLimits, hosts: HostPolicy = .any) {
        self.handler = handler
        self.limits = limits
        self.hosts = hosts
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        while bytes.readableBytes > 0 {
            switch framing.state {
            case .body: takeBody(&bytes)
            case .atMessage:
                guard takeHead(&bytes) else { return passOn(&bytes, context: context) }
            case .parsing: return passOn(&bytes, context: context)
            }
        }
    }

    private func takeHead(_ bytes: inout ByteBuffer) -> Bool {
        guard handler.takesHotRequest,
            let head = bytes.withUnsafeReadableBytes({ HotHead($0, limits: limits, hosts: hosts) })
        else { return false }
        bytes.moveReaderIndex(forwardBy: head.byteCount)
        framing.headTaken(contentLength: head.contentLength)
        handler.hotHeadArrived(head)
        if framing.state == .atMessage { handler.partArrived(.end(nil)) }
        return true
    }

    private func takeBody(_ bytes: inout ByteBuffer) {
        guard let slice = bytes.readSlice(length: framing.bodyTaken(available: bytes.readableBytes)) else { return }
        handler.partArrived(.body(slice))
        if framing.state == .atMessage { handler.partArrived(.end(nil)) }
    }

    private func passOn(_ bytes: inout ByteBuffer, context: ChannelHandlerContext) {
        let count = bytes.readableBytes
        guard count <= HotFraming.splitLimit, count > 1, let most = bytes.readSlice(length: count - 1) else {
            passLastOn(bytes, context: context)
            return
        }
        context.fireChannelRead(wrapInboundOut(most))
        // A parser that has found an error must not be given more: it would take that for a second one.
        guard !handler.isBroken else { return framing.passedOn(endsMessage: false) }
        passLastOn(bytes, context: context)
    }

    private func passLastOn(_ bytes: ByteBuffer, context: ChannelHandlerContext) {
        let endedBefore = handler.endedMessages
        context.fireChannelRead(wrapInboundOut(bytes))
        framing.passedOn(endsMessage: bytes.readableBytes == 1 && handler.endedMessages != endedBefore)
    }
}
