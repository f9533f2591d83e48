// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// A connection over TLS that sends text and gathers what comes back.
final class TLSClient: Sendable {
    private let gathered: Gatherer
    private let channel: any Channel

    /// - Throws: if the handshake fails on this side, or the connection ends before it is over.
    static func connect(port: Int, tls: NIOSSLContext) async throws -> TLSClient {
        let gathered = Gatherer()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(context: tls, serverHostname: nil)
                    try channel.pipeline.syncOperations.addHandler(handler)
                    try channel.pipeline.syncOperations.addHandler(Receiver(gathered))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        let client = TLSClient(gathered, channel)
        guard await client.eventually({ gathered.isReady || gathered.isClosed }), gathered.isReady else {
            throw ChannelError.eof
        }
        return client
    }

    private init(_ gathered: Gatherer, _ channel: any Channel) {
        self.gathered = gathered
        self.channel = channel
    }

    var agreedProtocol: String? { gathered.agreedProtocol }

    func send(_ text: String) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }

    /// All that has come, once `text` is in it; `nil` if the connection ends first.
    func received(_ text: String) async -> String? {
        _ = await eventually { gathered.text.contains(text) || gathered.isClosed }
        return gathered.text.contains(text) ? gathered.text : nil
    }

    /// What has come since the last call.
    func clear() { gathered.clear() }

    func isEnded() async -> Bool { await eventually { gathered.isClosed } }

    func close() async { try? await channel.close() }

    private func eventually(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<2000 {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return condition()
    }
}

private final class Gatherer: Sendable {
    struct Record {
        var text = ""
        var isReady = false
        var isClosed = false
        var agreedProtocol: String?
    }

    private let record = Mutex(Record())

    var text: String { record.withLock { $0.text } }
    var isReady: Bool { record.withLock { $0.isReady } }
    var isClosed: Bool { record.withLock { $0.isClosed } }
    var agreedProtocol: String? { record.withLock { $0.agreedProtocol } }

    func clear() { record.withLock { $0.text = "" } }
    func update(_ change: (inout Record) -> Void) { record.withLock { change(&$0) } }
}

private final class Receiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let gathered: Gatherer

    init(_ gathered: Gatherer) { self.gathered = gathered }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let text = String(buffer: unwrapInboundIn(data))
        gathered.update { $0.text += text }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted(let name) = event else { return }
        gathered.update {
            $0.isReady = true
            $0.agreedProtocol = name
        }
    }

    func channelInactive(context: ChannelHandlerContext) { gathered.update { $0.isClosed = true } }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
