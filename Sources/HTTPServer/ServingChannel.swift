// SPDX-License-Identifier: Apache-2.0
package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
package import NIOHTTPTypes
private import NIOHTTPTypesHTTP1

/// The pipeline of one connection: HTTP/1 bytes, then our handler, then Hummingbird for all that is not hot.
///
/// Hummingbird's own `HTTP1Channel` puts a conversion to its message types before every handler it lets in, and a
/// connection handler behind them whose work ``InferHandler`` does for hot and cold requests alike.
package struct ServingChannel: HTTPChannelHandler {
    package typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    package let responder: Responder
    private let shared: ConnectionContext

    package init(responder: @escaping Responder, shared: ConnectionContext) {
        self.responder = responder
        self.shared = shared
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let decoder = HTTPRequestDecoder(shared.connectionLimits)
            let handler = InferHandler(shared: shared, eventLoop: channel.eventLoop)
            let pipeline = channel.pipeline.syncOperations
            if shared.hot?.recognisesRequests == true {
                try pipeline.addHandler(HotRequestHandler(handler, limits: shared.connectionLimits))
            }
            try pipeline.addHandler(ByteToMessageHandler(decoder))
            try pipeline.addHandler(handler)
            try pipeline.addHandler(HTTPResponseEncoder())
            try pipeline.addHandler(ColdAnswerHandler(handler))
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true)
            )
        }
    }

    package func handle(value: Value, logger: Logger) async {
        await handleHTTP(asyncChannel: value, logger: logger)
    }
}

/// Tells ``InferHandler``, which sees the router's answers as bytes only, that one has ended.
private final class ColdAnswerHandler: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let handler: InferHandler

    init(_ handler: InferHandler) { self.handler = handler }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else {
            context.write(data, promise: promise)
            return
        }
        context.writeAndFlush(data, promise: promise)
        handler.coldAnswered()
    }
}
