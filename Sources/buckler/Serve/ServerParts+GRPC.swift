// SPDX-License-Identifier: Apache-2.0
import GRPCServer
import Inference
import NIOCore
import Serving
import Settings
import Transport

extension ServerParts {
    /// - Returns: `nil` if gRPC is not to be served.
    /// - Throws: for TLS files that cannot be used, before anything listens.
    func grpcServer(
        models: ModelServer,
        gate: any Gate,
        policies: HeaderPolicies,
        modelLimits: ModelLimits,
        controls: ServerControls,
        eventLoops: any EventLoopGroup
    ) throws(ServingError) -> GRPCServer? {
        let grpc = settings.grpc
        guard grpc.isAllowed else { return nil }
        var server = GRPCServerSettings(profile: settings.profile)
        server.address = grpc.listener.address
        server.port = grpc.listener.port
        server.reusesPort = grpc.reusesPort
        server.tls = grpcTLSFiles ?? tlsFiles(protocols: ["h2"])
        server.rpc = rpcSettings
        server.rpc.hosts = policies.grpcHosts
        _ = try server.tls?.context()
        var kserve = KServeSettings(serverVersion: BucklerVersion.current, profile: settings.profile)
        kserve.serverName = settings.id
        kserve.requestLimits = settings.requestLimits
        kserve.modelLimits = modelLimits
        kserve.streamBacklogBytes = settings.connectionLimits.responseBacklogBytes
        let drain = DrainState()
        let environment = KServeEnvironment(
            inference: models,
            control: models,
            gate: gate,
            settings: kserve,
            drain: drain,
            eventLoopGroup: eventLoops,
            sharedMemory: controls.sharedMemory,
            trace: controls.trace,
            log: controls.log,
            restrictions: policies.grpcRestrictions,
            headerForwarding: policies.grpcForwarding
        )
        return GRPCServer(
            settings: server,
            methods: KServeMethods.table(environment),
            gate: gate,
            drain: drain,
            eventLoopGroup: eventLoops,
            logger: logger
        )
    }

    /// What all listeners use that have nothing of their own.
    func tlsFiles(protocols: [String]) -> TLSFiles? {
        guard let certificate = settings.tls.certificate, let key = settings.tls.key else { return nil }
        return TLSFiles(
            certificate: .init(flag: "--tls-cert", path: certificate),
            key: secrets.key("--tls-key", key),
            clientRoots: settings.tls.clientRoots.map { .init(flag: "--tls-client-roots", path: $0) },
            protocols: protocols
        )
    }

    private var grpcTLSFiles: TLSFiles? {
        let grpc = settings.grpc
        guard grpc.usesTLS || grpc.asksForClientCertificates, let certificate = grpc.certificate, let key = grpc.key
        else { return nil }
        return TLSFiles(
            certificate: .init(flag: "--grpc-server-cert", path: certificate),
            key: secrets.key("--grpc-server-key", key),
            clientRoots: grpc.asksForClientCertificates
                ? grpc.rootCertificate.map { .init(flag: "--grpc-root-cert", path: $0) } : nil,
            protocols: ["h2"]
        )
    }

    private var rpcSettings: RPCSettings {
        let grpc = settings.grpc
        var rpc = RPCSettings(profile: settings.profile)
        rpc.connectionLimits = settings.connectionLimits
        rpc.messageBytes = grpc.messageBytes
        rpc.requestsPerStream = grpc.requestsPerStream
        rpc.concurrentStreams = grpc.concurrentStreams
        rpc.streamAgeSeconds = grpc.streamAgeSeconds
        rpc.compressionLevel = ResponseCompression(rawValue: grpc.compressionLevel) ?? .none
        rpc.streamWindowBytes = grpc.streamWindowBytes
        rpc.connectionWindowBytes = grpc.connectionWindowBytes
        rpc.unsentBytesPerStream = grpc.unsentBytesPerStream
        rpc.resetFrames = grpc.resetFrames
        rpc.controlFrames = grpc.controlFrames
        rpc.streamErrors = grpc.streamErrors
        rpc.floodWindowSeconds = grpc.floodWindowSeconds
        rpc.continuationFrames = grpc.continuationFrames
        rpc.emptyDataFrames = grpc.emptyDataFrames
        rpc.keepalive.timeMilliseconds = grpc.keepaliveMilliseconds
        rpc.keepalive.timeoutMilliseconds = grpc.keepaliveTimeoutMilliseconds
        rpc.keepalive.permitsWithoutCalls = grpc.keepalivePermitsWithoutCalls
        rpc.keepalive.maxPingsWithoutData = grpc.pingsWithoutData
        rpc.keepalive.minReceivedPingIntervalMilliseconds = grpc.receivedPingIntervalMilliseconds
        rpc.keepalive.maxPingStrikes = grpc.pingStrikes
        rpc.keepalive.maxConnectionAgeMilliseconds = grpc.connectionAgeMilliseconds
        rpc.keepalive.maxConnectionAgeGraceMilliseconds = grpc.connectionAgeGraceMilliseconds
        return rpc
    }
}
