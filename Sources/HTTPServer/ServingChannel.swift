// SPDX-License-Identifier: Apache-2.0
package import HummingbirdCore
import Inference
package import Logging
package import NIOCore
import NIOHTTP1
package import NIOHTTPTypes
private import NIOHTTPTypesHTTP1
private import NIOSSL
package import Transport

/// The pipeline of one connection: TLS if there is any, HTTP/1 bytes, then our handler, then Hummingbird for all that is
/// not hot.
///
/// Hummingbird's own `HTTP1Channel` puts a conversion to its message types before every handler it lets in, and a
/// connection handler behind them whose work ``InferHandler`` does for hot and cold requests alike.
package struct ServingChannel: HTTPChannelHandler {
    package typealias Value = ServedConnection

    package let responder: Responder
    private let shared: ConnectionContext
    private let tls: LiveTLS?

    package init(responder: @escaping Responder, shared: ConnectionContext, tls: LiveTLS? = nil) {
        self.responder = responder
        self.shared = shared
        self.tls = tls
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let decoder = HTTPRequestDecoder(shared.connectionLimits)
            let peer = ConnectionPeer()
            let handler = InferHandler(shared: shared, eventLoop: channel.eventLoop, peer: peer)
            let pipeline = channel.pipeline.syncOperations
            if let tls {
                try pipeline.addHandler(NIOSSLServerHandler(context: tls.context))
                try pipeline.addHandler(HandshakeWatch(peer, seconds: shared.connectionLimits.headerSeconds))
            }
            if shared.hot?.recognisesRequests == true {
                try pipeline.addHandler(
                    HotRequestHandler(handler, limits: shared.connectionLimits, hosts: shared.hosts)
                )
            }
            try pipeline.addHandler(ByteToMessageHandler(decoder))
            try pipeline.addHandler(handler)
            try pipeline.addHandler(HTTPResponseEncoder())
            try pipeline.addHandler(ColdAnswerHandler(handler))
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: tls != nil))
            return ServedConnection(
                routed: try NIOAsyncChannel(
                    wrappingChannelSynchronously: channel,
                    configuration: .init(isOutboundHalfClosureEnabled: true)
                ),
                peer: peer
            )
        }
    }

    package func handle(value: Value, logger: Logger) async {
        await RoutedContext.$peer.withValue(value.peer) { await handleHTTP(asyncChannel: value.routed, logger: logger) }
    }
}

/// A connection as the router has it, and who is at its other end.
package struct ServedConnection: ServerChildChannelValue {
    package let routed: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
    package let peer: ConnectionPeer

    package var channel: any Channel { routed.channel }
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
