// SPDX-License-Identifier: Apache-2.0
package import HummingbirdCore
import Inference
package import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTPTypes
private import NIOHTTPTypesHTTP1
private import NIOSSL
private import Synchronization
package import Transport

/// The pipeline of one connection: TLS if there is any, HTTP/1 bytes, then our handler, then Hummingbird for all that is
/// not hot. With HTTP/2 each stream has the same from our handler on.
///
/// Hummingbird's own channels put a conversion to its message types before every handler that they let in, and a
/// connection handler behind them whose work ``InferHandler`` does for hot and cold requests alike.
package struct ServingChannel: HTTPChannelHandler {
    package typealias Value = ServedConnection

    package let responder: Responder
    let shared: ConnectionContext
    private let tls: LiveTLS?
    let http2: HTTP2Limits?

    /// - Parameter http2: for connections with TLS whose client prefers it; `nil`: none gets it.
    package init(
        responder: @escaping Responder,
        shared: ConnectionContext,
        tls: LiveTLS? = nil,
        http2: HTTP2Limits? = nil
    ) {
        self.responder = responder
        self.shared = shared
        self.tls = tls
        self.http2 = http2
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let peer = ConnectionPeer()
            guard let tls else { return try http1(channel, peer, place: .accepted) }
            let pipeline = channel.pipeline.syncOperations
            if http2 != nil { try pipeline.addHandler(CountedConnection(shared.connections, peer)) }
            try pipeline.addHandler(NIOSSLServerHandler(context: tls.context))
            let watch = HandshakeWatch(peer, seconds: shared.connectionLimits.headerSeconds) { [shared] refusal in
                let status: HTTPResponseStatus = refusal.isAboutCertificate ? .unauthorized : .badRequest
                shared.note(status, refusal.reason, from: channel.remoteAddress?.ipAddress ?? "")
            }
            try pipeline.addHandler(watch)
            guard let http2 else { return try http1(channel, peer, place: .accepted) }
            return try negotiated(channel, peer, http2, logger: logger)
        }
    }

    /// Puts HTTP/1 behind what there is.
    func http1(_ channel: any Channel, _ peer: ConnectionPeer, place: InferHandler.Place) throws -> ServedConnection {
        let decoder = HTTPRequestDecoder(shared.connectionLimits)
        let handler = InferHandler(shared: shared, eventLoop: channel.eventLoop, peer: peer, place: place)
        let pipeline = channel.pipeline.syncOperations
        if shared.hot?.recognisesRequests == true {
            try pipeline.addHandler(HotRequestHandler(handler, limits: shared.connectionLimits, hosts: shared.hosts))
        }
        try pipeline.addHandler(ByteToMessageHandler(decoder))
        try pipeline.addHandler(handler)
        try pipeline.addHandler(HTTPResponseEncoder())
        try pipeline.addHandler(ColdAnswerHandler(handler))
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: tls != nil))
        let routed = try Routed(
            wrappingChannelSynchronously: channel,
            configuration: .init(isOutboundHalfClosureEnabled: true)
        )
        return ServedConnection(channel: channel, peer: peer, service: .http1(UnbegunConnection(routed)))
    }

    package func handle(value: Value, logger: Logger) async {
        switch value.service {
        case .http1(let connection): await serve(connection.begin(), value.peer, logger: logger)
        case .http2: await value.closed()
        case .negotiated(let agreed):
            guard let agreed = try? await agreed.get() else { return }
            await handle(value: agreed, logger: logger)
        }
    }

    func serve(_ routed: Routed, _ peer: ConnectionPeer, logger: Logger) async {
        await RoutedContext.$peer.withValue(peer) { await handleHTTP(asyncChannel: routed, logger: logger) }
    }
}

/// What the router reads requests from.
typealias Routed = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

/// A connection that was accepted and that the router has not begun to read from.
///
/// On its way out the server lets go of those that nobody has come to serve. SwiftNIO ends the process over a channel that
/// is let go of open, so this closes it.
package final class UnbegunConnection: Sendable {
    private let routed: Routed
    private let hasBegun = Atomic(false)

    init(_ routed: Routed) { self.routed = routed }

    deinit {
        guard !hasBegun.load(ordering: .relaxed) else { return }
        let routed = routed
        Task { try? await routed.executeThenClose { _, _ in } }
    }

    /// Whoever calls this sees to its end.
    func begin() -> Routed {
        hasBegun.store(true, ordering: .relaxed)
        return routed
    }
}

/// A connection, who is at its other end, and how it is served.
package struct ServedConnection: ServerChildChannelValue {
    indirect enum Service: Sendable {
        case http1(UnbegunConnection)
        /// Its streams take care of themselves.
        case http2
        /// Known after the handshake.
        case negotiated(EventLoopFuture<ServedConnection>)
    }

    package let channel: any Channel
    let peer: ConnectionPeer
    let service: Service

    func closed() async {
        await withTaskCancellationHandler {
            try? await channel.closeFuture.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}

/// Tells ``InferHandler``, which sees the router's answers as bytes only, that one has ended.
final class ColdAnswerHandler: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let handler: InferHandler

    init(_ handler: InferHandler) { self.handler = handler }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard handler.coldAnswers() else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        guard case .end = unwrapOutboundIn(data) else {
            context.write(data, promise: promise)
            return
        }
        context.writeAndFlush(data, promise: promise)
        handler.coldAnswered()
    }
}
