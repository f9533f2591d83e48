// SPDX-License-Identifier: Apache-2.0
package import NIOCore
private import NIOHTTP2
private import NIOPosix
package import NIOSSL

/// A connection that carries gRPC calls, over TLS or, with prior knowledge, without. Simple and bounded; a load
/// generator has something faster.
package final class GRPCConnection: Sendable {
    package struct Settings: Sendable {
        /// Seconds to wait for the connection, and for each answer where a call does not say otherwise.
        package var timeoutSeconds = 60
        /// Bytes of the largest message that is read.
        package var messageLimit = 1 << 30
        /// Bytes of a block of headers, as HTTP/2 counts them.
        package var headerListLimit = 64 << 10
        /// Bytes that the server may send ahead of the reader, for each stream.
        package var window = 8 << 20
        /// Sent with each call.
        package var apiKey: APIKey?

        package init() {}
    }

    package let address: ServerAddress
    package let settings: Settings
    private let channel: any Channel
    private let handler: NIOLoopBound<GRPCClientHandler>

    private init(
        address: ServerAddress,
        settings: Settings,
        channel: any Channel,
        handler: NIOLoopBound<GRPCClientHandler>
    ) {
        self.address = address
        self.settings = settings
        self.channel = channel
        self.handler = handler
    }

    /// - Parameter tls: `nil` for plaintext.
    /// - Throws: ``ClientError/cannotConnect(_:reason:)``. A failed handshake of TLS shows with the first call.
    package static func open(
        _ address: ServerAddress,
        tls: NIOSSLContext? = nil,
        settings: Settings = Settings(),
        group: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup
    ) async throws(ClientError) -> GRPCConnection {
        let loop = group.next()
        let connecting = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(Int64(min(settings.timeoutSeconds, 10))))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try addHandlers(to: channel, address: address, tls: tls, settings: settings)
                }
            }
            .connect(host: address.host, port: address.port)
            .flatMapThrowing { channel in
                let handler = try channel.pipeline.syncOperations.handler(type: GRPCClientHandler.self)
                let bound = NIOLoopBound(handler, eventLoop: loop)
                return GRPCConnection(address: address, settings: settings, channel: channel, handler: bound)
            }
        do {
            return try await connecting.get()
        } catch {
            throw .cannotConnect(address, reason: ClientError.reason(ofConnecting: error))
        }
    }

    private static func addHandlers(
        to channel: any Channel,
        address: ServerAddress,
        tls: NIOSSLContext?,
        settings: Settings
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(TLSTrust.handler(tls, host: address.host)) }
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .enablePush, value: 0),
            HTTP2Setting(parameter: .initialWindowSize, value: settings.window),
            HTTP2Setting(parameter: .maxHeaderListSize, value: settings.headerListLimit),
        ]
        try pipeline.addHandler(NIOHTTP2Handler(mode: .client, connectionConfiguration: connection))
        try pipeline.addHandler(
            GRPCClientHandler(
                address: address,
                isEncrypted: tls != nil,
                settings: settings,
                loop: channel.eventLoop
            )
        )
    }

    /// Begins a call.
    /// - Parameters:
    ///   - path: `/package.Service/Method`.
    ///   - timeoutSeconds: after which both ends give up; `nil` for no limit.
    package func call(
        _ path: String,
        metadata: [(String, String)] = [],
        timeoutSeconds: Int?
    ) async throws(ClientError) -> GRPCCall {
        let handler = handler
        do {
            let stream = try await channel.eventLoop.submit {
                try handler.value.open(path, metadata: metadata, timeoutSeconds: timeoutSeconds)
            }.get()
            return GRPCCall(address: address, eventLoop: channel.eventLoop, handler: handler, stream: stream)
        } catch let error as ClientError {
            throw error
        } catch {
            throw .connectionLost(address)
        }
    }

    /// One message there, one back.
    package func unary(_ path: String, _ message: [UInt8]) async throws(ClientError) -> [UInt8] {
        let call = try await call(path, timeoutSeconds: settings.timeoutSeconds)
        try await call.send(message, endStream: true)
        guard let answer = try await call.next() else { throw .badAnswer("the call succeeded without an answer") }
        guard try await call.next() == nil else {
            call.cancel()
            throw .badAnswer("more than one answer to one request")
        }
        return answer
    }

    package func close() async {
        try? await channel.close()
    }
}
