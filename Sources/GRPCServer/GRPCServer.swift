// SPDX-License-Identifier: Apache-2.0
package import Inference
package import Logging
package import NIOCore
private import NIOExtras
private import NIOPosix
private import NIOSSL
import ServiceLifecycle
private import Transport

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The gRPC front end: a listener whose connections speak HTTP/2 and nothing else.
///
/// Runs until it is cancelled or told to shut down gracefully; it then accepts no more, lets the calls in flight end
/// and closes each connection after its last.
package struct GRPCServer: Service {
    private let settings: GRPCServerSettings
    private let methods: [RPCMethod]
    private let gate: any Gate
    private let drain: DrainState
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger
    private let onListening: @Sendable (_ address: String, _ port: Int) -> Void

    /// - Parameters:
    ///   - methods: everything that can be called, each path once.
    ///   - drain: begins when the server is told to shut down.
    ///   - onListening: called once, when the socket accepts connections.
    package init(
        settings: GRPCServerSettings,
        methods: [RPCMethod],
        gate: any Gate,
        drain: DrainState,
        eventLoopGroup: any EventLoopGroup,
        logger: Logger,
        onListening: @escaping @Sendable (_ address: String, _ port: Int) -> Void = { _, _ in }
    ) {
        self.settings = settings
        self.methods = methods
        self.gate = gate
        self.drain = drain
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
        self.onListening = onListening
    }

    /// - Throws: what keeps the server from listening: the address, or TLS files that cannot be used.
    package func run() async throws {
        let tls = try settings.tls.map { try LiveTLS($0) }
        let following = tls?.following(logger)
        defer { following?.cancel() }
        let shared = RPCContext(methods: methods, gate: gate, settings: settings.rpc)
        let quiescing = ServerQuiescingHelper(group: eventLoopGroup)
        let listening = bootstrap(quiescing)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context))
                    }
                    try RPCPipeline.configure(channel, shared: shared, isTLS: tls != nil)
                }
            }
        let channel: any Channel
        do {
            channel = try await listening.bind(host: settings.address, port: settings.port).get()
        } catch {
            let place = ListenFailure(
                service: "GRPC",
                address: settings.address,
                port: settings.port,
                flag: "--grpc-port"
            )
            throw place.naming(error)
        }
        let port = channel.localAddress?.port ?? settings.port
        logger.info("Started GRPCInferenceService at \(settings.address):\(port)")
        onListening(settings.address, port)
        let ended = eventLoopGroup.next().makePromise(of: Void.self)
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await ended.futureResult.get()
        } onCancelOrGracefulShutdown: {
            drain.begin()
            quiescing.initiateShutdown(promise: ended)
        }
    }

    private func bootstrap(_ quiescing: ServerQuiescingHelper) -> ServerBootstrap {
        let bootstrap = ServerBootstrap(group: eventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        quiescing.makeServerChannelHandler(channel: channel)
                    )
                }
            }
        guard settings.reusesPort else { return bootstrap }
        let sharing = NIOBSDSocket.Option(rawValue: SO_REUSEPORT)
        return bootstrap.serverChannelOption(.socketOption(sharing), value: 1)
    }
}
