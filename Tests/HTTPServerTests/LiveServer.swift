// SPDX-License-Identifier: Apache-2.0
import Access
import HTTPServer
import Inference
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// A server on loopback with an echo model behind it, for as long as a test runs.
struct LiveServer: Sendable {
    let service: EchoService
    let gate: OpenGate
    let port: Int
    let metricsPort: Int
    let group: ServiceGroup

    /// Whether every permit was given back.
    var holdsNothing: Bool { gate.inFlight == (0, 0) }
    var requestsInFlight: Int { gate.inFlight.requests }

    func shutDown() async { await group.triggerGracefulShutdown() }

    /// Runs `test` twice, against a server that has every request parsed and one that reads ordinary ones itself.
    static func run(
        bytesInFlight: Int = 1 << 30,
        configure: (inout HTTPServerSettings) -> Void = { _ in },
        _ test: @escaping @Sendable (LiveServer) async throws -> Void
    ) async throws {
        for recognises in [false, true] {
            try await run(recognises: recognises, bytesInFlight: bytesInFlight, configure: configure, test)
        }
    }

    static func run(
        recognises: Bool,
        bytesInFlight: Int = 1 << 30,
        controls: ServerControls? = nil,
        asking otherGate: (any Gate)? = nil,
        configure: (inout HTTPServerSettings) -> Void = { _ in },
        _ test: @escaping @Sendable (LiveServer) async throws -> Void
    ) async throws {
        var settings = HTTPServerSettings(serverVersion: "1", profile: .secure)
        settings.port = 0
        settings.metricsPort = 0
        settings.recognisesHotRequests = recognises
        configure(&settings)
        let (listeners, found) = AsyncStream.makeStream(of: HTTPListener.self)
        let service = EchoService()
        let gate = OpenGate(
            Flight(bytes: bytesInFlight, requests: settings.connectionLimits.requestsInFlight)
        )
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = HTTPServer(
            settings: settings,
            service: service,
            control: EchoControl(),
            controls: controls,
            gate: otherGate ?? gate,
            metricsPage: { _ in "up 1\n" },
            eventLoopGroup: loops,
            logger: logger,
            onListening: { found.yield($0) }
        )
        let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var ports: [HTTPListener.Service: Int] = [:]
            for await listener in listeners {
                ports[listener.service] = listener.port
                if ports.count == 2 { break }
            }
            let live = LiveServer(
                service: service,
                gate: gate,
                port: ports[.inference] ?? 0,
                metricsPort: ports[.metrics] ?? 0,
                group: group
            )
            tasks.addTask {
                do {
                    try await test(live)
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
                service.held.answerAll()
                await group.triggerGracefulShutdown()
            }
            try await tasks.waitForAll()
        }
        try await loops.shutdownGracefully()
    }

    /// Waits until `condition` holds; `false` after five seconds.
    static func eventually(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<500 {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return condition()
    }
}
