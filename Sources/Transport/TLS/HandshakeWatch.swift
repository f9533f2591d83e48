// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore
private import NIOTLS
private import Synchronization

/// Who the other end of a connection proved to be, and its place among all connections, for those who serve it on other
/// threads.
package final class ConnectionPeer: Sendable {
    private let proven = Mutex<PeerCertificate?>(nil)
    private let taken = Mutex<ConnectionPlace?>(nil)

    package init() {}

    package var certificate: PeerCertificate? {
        get { proven.withLock { $0 } }
        set { proven.withLock { $0 = newValue } }
    }

    /// Set as long as it is counted.
    package var place: ConnectionPlace? {
        get { taken.withLock { $0 } }
        set { taken.withLock { $0 = newValue } }
    }
}

/// Stands behind TLS until the handshake is over, and ends a connection that takes too long for it.
package final class HandshakeWatch: ChannelInboundHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer

    private let peer: ConnectionPeer
    private let seconds: Int
    private let refused: (TLSRefusal) -> Void
    private var deadline: Scheduled<Void>?

    /// - Parameter refused: told of a handshake that failed by what the client sent.
    package init(_ peer: ConnectionPeer, seconds: Int, refused: @escaping (TLSRefusal) -> Void) {
        self.peer = peer
        self.refused = refused
        self.seconds = seconds
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: .seconds(Int64(seconds))) { channel.close(promise: nil) }
    }

    package func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let refusal = TLSRefusal(error) { refused(refusal) }
        context.fireErrorCaught(error)
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent {
            peer.certificate = PeerCertificate.verified(on: context.pipeline.syncOperations)
            context.fireUserInboundEventTriggered(event)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
            // Who has not even shaken hands has asked for nothing, and there may be no one yet to say so.
            if event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
        }
    }
}
