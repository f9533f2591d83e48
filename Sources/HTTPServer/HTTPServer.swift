// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import HummingbirdCore
package import Inference
package import Logging
package import NIOCore
import ServiceLifecycle
import Transport

/// The KServe v2 front end over HTTP/1.1 and HTTP/2, and the metrics page on a port of its own.
///
/// Runs until it is cancelled or told to shut down gracefully; it then accepts no more, answers what it has taken in
/// and closes each connection as it falls idle.
package struct HTTPServer: Service {
    private let settings: HTTPServerSettings
    private let service: any InferenceService
    private let control: any ModelControl
    private let controls: ServerControls?
    private let gate: any Gate
    private let metricsPage: MetricsPageSource
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger
    private let onListening: @Sendable (HTTPListener) -> Void

    /// - Parameters:
    ///   - controls: shared memory, traces and log settings; without them their routes answer that there are none.
    ///   - onListening: called once for each socket, when it accepts connections.
    package init(
        settings: HTTPServerSettings,
        service: any InferenceService,
        control: any ModelControl,
        controls: ServerControls? = nil,
        gate: any Gate,
        metricsPage: @escaping MetricsPageSource,
        eventLoopGroup: any EventLoopGroup,
        logger: Logger,
        onListening: @escaping @Sendable (HTTPListener) -> Void = { _ in }
    ) {
        self.settings = settings
        self.service = service
        self.control = control
        self.controls = controls
        self.gate = gate
        self.metricsPage = metricsPage
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
        self.onListening = onListening
    }

    /// - Throws: what keeps the server from listening: an address, or TLS files that cannot be used.
    package func run() async throws {
        let tls = try settings.tls.map { try LiveTLS($0) }
        let following = tls?.following(logger)
        defer { following?.cancel() }
        try await withThrowingDiscardingTaskGroup { group in
            let inference = inferenceApplication(tls)
            let place = ListenFailure(
                service: "HTTP",
                address: settings.address,
                port: settings.port,
                flag: "--http-port"
            )
            group.addTask { try await Self.run(inference, at: place) }
            if let port = settings.metricsPort {
                let metrics = metricsApplication(tls, port: port)
                let place = ListenFailure(
                    service: "Metrics",
                    address: settings.metricsAddress ?? settings.address,
                    port: port,
                    flag: "--metrics-port"
                )
                group.addTask { try await Self.run(metrics, at: place) }
            }
        }
    }

    private static func run(_ application: some ApplicationProtocol, at place: ListenFailure) async throws {
        do {
            try await application.run()
        } catch {
            throw place.naming(error)
        }
    }

    private func inferenceApplication(_ tls: LiveTLS?) -> Application<ControlResponder> {
        application(
            ControlResponder(control: control, controls: controls, gate: gate, settings: settings),
            hot: ConnectionContext.Hot(
                service: service,
                recognisesRequests: settings.recognisesHotRequests,
                eventLoopGroup: eventLoopGroup,
                forwarding: settings.headerForwarding,
                restrictedAPIs: settings.restrictedAPIs
            ),
            listener: HTTPListener(service: .inference, address: settings.address, port: settings.port),
            hosts: settings.hosts,
            tls: tls
        )
    }

    private func metricsApplication(_ tls: LiveTLS?, port: Int) -> Application<MetricsResponder> {
        application(
            MetricsResponder(gate: gate, page: metricsPage),
            hot: nil,
            listener: HTTPListener(
                service: .metrics,
                address: settings.metricsAddress ?? settings.address,
                port: port
            ),
            hosts: settings.metricsHosts,
            tls: tls
        )
    }

    private func application<Responder: HTTPResponder>(
        _ responder: Responder,
        hot: ConnectionContext.Hot?,
        listener: HTTPListener,
        hosts: HostPolicy,
        tls: LiveTLS?
    ) -> Application<Responder> where Responder.Context == RoutedContext {
        let limits = settings.connectionLimits
        let shared = ConnectionContext(
            hot: hot,
            controls: controls,
            gate: gate,
            requestLimits: settings.requestLimits,
            modelLimits: settings.modelLimits,
            connectionLimits: limits,
            connections: ConnectionCount(total: limits.connections, perAddress: limits.connectionsPerAddress),
            hosts: hosts,
            cors: hot == nil ? nil : settings.cors
        )
        return Application(
            responder: responder,
            server: HTTPServerBuilder { [http2 = settings.http2] in
                ServingChannel(responder: $0, shared: shared, tls: tls, http2: http2)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(listener.address, port: listener.port),
                backlog: 1024
            ),
            onServerRunning: { [onListening, logger] channel in
                var bound = listener
                bound.port = channel.localAddress?.port ?? listener.port
                logger.info("Started \(bound.service.rawValue) at \(bound.address):\(bound.port)")
                onListening(bound)
            },
            eventLoopGroupProvider: .shared(eventLoopGroup),
            logger: ListenerLog.quiet(logger)
        )
    }
}
