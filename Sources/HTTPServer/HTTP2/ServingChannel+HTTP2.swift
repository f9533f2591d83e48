// SPDX-License-Identifier: Apache-2.0
import Inference
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
private import NIOHTTPTypesHTTP1
import NIOTLS
import Transport

extension ServingChannel {
    /// Agrees on a protocol behind TLS; who asks for none gets HTTP/1.1.
    func negotiated(
        _ channel: any Channel,
        _ peer: ConnectionPeer,
        _ limits: HTTP2Limits,
        logger: Logger
    ) throws -> ServedConnection {
        let negotiation = NIOTypedApplicationProtocolNegotiationHandler<ServedConnection> { agreed, channel in
            channel.eventLoop.makeCompletedFuture {
                if case .negotiated("h2") = agreed { return try multiplexed(channel, peer, limits, logger: logger) }
                return try http1(channel, peer, place: .agreed)
            }
        }
        try channel.pipeline.syncOperations.addHandler(negotiation)
        return ServedConnection(
            channel: channel,
            peer: peer,
            service: .negotiated(negotiation.protocolNegotiationResult)
        )
    }

    private func multiplexed(
        _ channel: any Channel,
        _ peer: ConnectionPeer,
        _ limits: HTTP2Limits,
        logger: Logger
    ) throws -> ServedConnection {
        let watch = FrameWatch()
        let connection = HTTP2Connection(shared, watch: watch)
        let budget = NIOLoopBound(connection.budget, eventLoop: channel.eventLoop)
        let streams = HTTP2StreamMultiplexer(
            mode: .server,
            channel: channel,
            targetWindowSize: limits.streamWindowBytes,
            outboundBufferSizeHighWatermark: 64 << 10,
            outboundBufferSizeLowWatermark: 32 << 10
        ) { stream in
            stream.eventLoop.makeCompletedFuture { try setUp(stream, peer, budget.value, logger: logger) }
        }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(
            NIOHTTP2Handler(
                mode: .server,
                frameDelegate: watch,
                connectionConfiguration: limits.connectionConfiguration,
                streamConfiguration: limits.streamConfiguration
            )
        )
        try pipeline.addHandler(connection)
        try pipeline.addHandler(streams)
        return ServedConnection(channel: channel, peer: peer, service: .http2)
    }

    private func setUp(
        _ stream: any Channel,
        _ peer: ConnectionPeer,
        _ budget: ConnectionBudget,
        logger: Logger
    ) throws {
        let codec = StreamCodec(limits: shared.connectionLimits, eventLoop: stream.eventLoop)
        let place = InferHandler.Place.stream(codec, budget) { handler, stream in
            try route(stream, handler, peer, logger: logger)
        }
        let pipeline = stream.pipeline.syncOperations
        try pipeline.addHandler(codec)
        try pipeline.addHandler(InferHandler(shared: shared, eventLoop: stream.eventLoop, peer: peer, place: place))
    }

    /// Gives a stream to the router. A task of its own, since the connection's has ended up waiting for all of them: it
    /// ends with the stream, and so with the connection at the latest.
    private func route(
        _ stream: any Channel,
        _ handler: InferHandler,
        _ peer: ConnectionPeer,
        logger: Logger
    ) throws {
        let pipeline = stream.pipeline.syncOperations
        try pipeline.addHandler(ColdAnswerHandler(handler))
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: true))
        let routed = try Routed(wrappingChannelSynchronously: stream)
        Task { await serve(routed, peer, logger: logger) }
    }
}

/// Counts a connection from the moment on that it is there, whatever will be spoken on it, and closes one too many.
final class CountedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connections: ConnectionCount
    private let peer: ConnectionPeer

    init(_ connections: ConnectionCount, _ peer: ConnectionPeer) {
        self.connections = connections
        self.peer = peer
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let address = context.remoteAddress?.ipAddress ?? ""
        guard let place = connections.opened(from: address, end: { channel.close(promise: nil) }) else {
            context.close(promise: nil)
            return
        }
        peer.place = place
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer.place?.leave()
        peer.place = nil
        context.fireChannelInactive()
    }
}
