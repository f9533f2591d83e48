// SPDX-License-Identifier: Apache-2.0
private import NIOCore
private import NIOPosix
private import NIOSSL
private import Synchronization

/// A server on loopback that answers each request with the same bytes, or not at all, and keeps what it was sent.
package final class HTTPTestServer: Sendable {
    package let port: Int
    private let channel: any Channel
    private let received: Received

    /// Everything that came so far, connections together.
    package var text: String { received.text }

    /// - Parameters:
    ///   - answer: empty for none.
    ///   - closes: whether a connection ends with its first answer.
    package init(encrypted: Bool = false, answering answer: String, closes: Bool = true) async throws {
        let received = Received()
        self.received = received
        let context = encrypted ? try Self.context() : nil
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
                    try pipeline.addHandler(CannedAnswer(answer, closes: closes, received))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    private static func context() throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMBytes(LoopbackCertificate.pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: LoopbackCertificate.privateKey, format: .pem))
            )
        )
    }

    package func stop() async throws { try await channel.close() }
}

private final class Received: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

    func append(_ buffer: ByteBuffer) { bytes.withLock { $0 += buffer.readableBytesView } }
}

private final class CannedAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let answer: String
    private let closes: Bool
    private let received: Received
    /// Where in the end of a request's head the connection stands.
    private var matched = 0

    init(_ answer: String, closes: Bool, _ received: Received) {
        self.answer = answer
        self.closes = closes
        self.received = received
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        received.append(buffer)
        if answer.isEmpty { return }
        let end = Array("\r\n\r\n".utf8)
        for byte in buffer.readableBytesView {
            matched = byte == end[matched] ? matched + 1 : (byte == end[0] ? 1 : 0)
            guard matched == end.count else { continue }
            matched = 0
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            if closes { return context.close(promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
