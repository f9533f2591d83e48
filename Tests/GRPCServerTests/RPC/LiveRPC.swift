// SPDX-License-Identifier: Apache-2.0
import Access
import Inference
import Logging
import NIOCore
import NIOHTTP2
import NIOPosix
import NIOSSL
import ServiceLifecycle

@testable import GRPCServer

/// A gRPC server on loopback with the methods of ``EchoMethods`` or a test's own, for as long as a test runs.
struct LiveRPC: Sendable {
    let port: Int
    let gate: OpenGate
    let log: CallLog
    let loops: MultiThreadedEventLoopGroup
    let group: ServiceGroup

    var holdsNothing: Bool { gate.inFlight == (0, 0) }

    func shutDown() async { await group.triggerGracefulShutdown() }

    func connect(
        settings: HTTP2Settings = [],
        opensWindows: Bool = true,
        tls: NIOSSLContext? = nil
    ) async throws -> FrameClient {
        try await FrameClient.connect(
            port: port,
            settings: settings,
            opensWindows: opensWindows,
            tls: tls,
            group: loops
        )
    }

    /// Waits until every permit was given back.
    func eventuallyHoldsNothing() async -> Bool { await gateEventually { $0 == (0, 0) } }

    func gateEventually(_ condition: ((requests: Int, bytes: Int)) -> Bool) async -> Bool {
        for _ in 0..<12_000 {
            if condition(gate.inFlight) { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return condition(gate.inFlight)
    }

    static func run(
        bytesInFlight: Int = 1 << 30,
        asking otherGate: (any Gate)? = nil,
        methods: ((any EventLoopGroup, DrainState) -> [RPCMethod])? = nil,
        configure: (inout GRPCServerSettings) -> Void = { _ in },
        _ test: @escaping @Sendable (LiveRPC) async throws -> Void
    ) async throws {
        var settings = GRPCServerSettings(profile: .secure)
        settings.port = 0
        configure(&settings)
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let log = CallLog()
        let gate = OpenGate(
            Flight(bytes: bytesInFlight, requests: settings.rpc.connectionLimits.requestsInFlight)
        )
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let drain = DrainState()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = GRPCServer(
            settings: settings,
            methods: methods?(loops, drain) ?? EchoMethods.all(log),
            gate: otherGate ?? gate,
            drain: drain,
            eventLoopGroup: loops,
            logger: logger,
            onListening: { _, port in found.yield(port) }
        )
        let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let live = LiveRPC(port: await iterator.next() ?? 0, gate: gate, log: log, loops: loops, group: group)
            tasks.addTask {
                defer { Task { await group.triggerGracefulShutdown() } }
                try await test(live)
            }
            try await tasks.waitForAll()
        }
        try await loops.shutdownGracefully()
    }
}
