// SPDX-License-Identifier: Apache-2.0

extension FlagTable {
    /// Triton's flags about gRPC. Names, ranges and defaults: `command_line_parser.cc`.
    static let grpc: [Flag] = grpcListener + grpcWork + grpcTLS + grpcConnections

    private static let grpcListener: [Flag] = [
        Flag("allow-grpc", .grpc, .bool, .works(.bool(\.grpc.isAllowed)), "Serve gRPC."),
        Flag(
            "grpc-address",
            .grpc,
            .address,
            .works(.string(\.grpc.listener.address)),
            "Address that gRPC listens on. Triton's default is every address."
        ),
        Flag(
            "grpc-port",
            .grpc,
            .port,
            .works(.integer(\.grpc.listener.port)),
            "Port that gRPC listens on; 0 for any free one."
        ),
        Flag(
            "reuse-grpc-port",
            .grpc,
            .bool,
            .works(.bool(\.grpc.reusesPort)),
            "Let several servers listen on the gRPC port."
        ),
    ]

    private static let grpcWork: [Flag] = [
        Flag(
            "grpc-header-forward-pattern",
            .grpc,
            .string,
            .works(.optionalString(\.grpcHeaderForwardPattern)),
            "Regular expression for names of metadata that become parameters of the request; empty for none."
        ),
        Flag(
            "grpc-infer-thread-count",
            .grpc,
            .integer(2...128),
            .accepted("gRPC is served on the threads of --http-thread-count"),
            default: "2",
            "Threads that handle inference."
        ),
        Flag(
            "grpc-infer-allocation-pool-size",
            .grpc,
            .anyInteger,
            .accepted("the state of a request is not kept for another"),
            default: "8",
            "Request states that are kept for reuse."
        ),
        Flag(
            "grpc-max-response-pool-size",
            .grpc,
            .integer(1...Int(Int32.max)),
            .accepted("what waits to be written is bounded in bytes, by --grpc-max-unsent-byte-size"),
            default: "2147483647",
            "Responses that may wait to be written."
        ),
        Flag(
            "grpc-infer-response-compression-level",
            .grpc,
            .choice(["none", "low", "medium", "high"]),
            .works(.string(\.grpc.compressionLevel)),
            "How hard responses are compressed, for clients that accept gzip or deflate."
        ),
    ]

    private static let grpcTLS: [Flag] = [
        Flag("grpc-use-ssl", .grpc, .bool, .works(.bool(\.grpc.usesTLS)), "Use TLS, 1.2 at least."),
        Flag(
            "grpc-use-ssl-mutual",
            .grpc,
            .bool,
            .works(.bool(\.grpc.asksForClientCertificates)),
            "Use TLS and serve only clients with a certificate that the root certificate leads to."
        ),
        Flag(
            "grpc-server-cert",
            .grpc,
            .path,
            .works(.optionalString(\.grpc.certificate)),
            "PEM file of the server's certificate, and of those that lead to its root."
        ),
        Flag(
            "grpc-server-key",
            .grpc,
            .path,
            .works(.optionalString(\.grpc.key)),
            showing: .source,
            "PEM file of the server's key; or exec:/path/to/program, run at start, which prints it."
        ),
        Flag(
            "grpc-root-cert",
            .grpc,
            .path,
            .works(.optionalString(\.grpc.rootCertificate)),
            "PEM file of the root certificates of clients; read only with --grpc-use-ssl-mutual."
        ),
    ]

    private static let grpcConnections: [Flag] = [
        Flag(
            "grpc-keepalive-time",
            .grpc,
            .anyInteger,
            .works(.integer(\.grpc.keepaliveMilliseconds)),
            "Milliseconds without a word after which a client is pinged; 2147483647 for never."
        ),
        Flag(
            "grpc-keepalive-timeout",
            .grpc,
            .anyInteger,
            .works(.integer(\.grpc.keepaliveTimeoutMilliseconds)),
            "Milliseconds to wait for a ping's answer."
        ),
        Flag(
            "grpc-keepalive-permit-without-calls",
            .grpc,
            .bool,
            .works(.bool(\.grpc.keepalivePermitsWithoutCalls)),
            "Ping, and let clients ping, although no call is in flight."
        ),
        Flag(
            "grpc-http2-max-pings-without-data",
            .grpc,
            .anyInteger,
            .works(.integer(\.grpc.pingsWithoutData)),
            "Pings without data in between; 0 for any number."
        ),
        Flag(
            "grpc-http2-min-recv-ping-interval-without-data",
            .grpc,
            .anyInteger,
            .works(.integer(\.grpc.receivedPingIntervalMilliseconds)),
            "Milliseconds that a client has to leave between pings while it is sent nothing."
        ),
        Flag(
            "grpc-http2-max-ping-strikes",
            .grpc,
            .anyInteger,
            .works(.integer(\.grpc.pingStrikes)),
            "Bad pings before a connection is closed; 0 for any number."
        ),
        Flag(
            "grpc-max-connection-age",
            .grpc,
            .anyInteger,
            .works(.integer(\.grpc.connectionAgeMilliseconds)),
            "Milliseconds, a tenth more or less, after which a connection is told to go away; 0 for never."
        ),
        Flag(
            "grpc-max-connection-age-grace",
            .grpc,
            .anyInteger,
            .works(.integer(\.grpc.connectionAgeGraceMilliseconds)),
            "Milliseconds that calls have to end after that; 0 for as long as they take."
        ),
        Flag(
            "grpc-restricted-protocol",
            .grpc,
            .restriction,
            .works(.each(\.grpcRestrictedProtocols)),
            showing: .names,
            "Ask for metadata triton-grpc-protocol-<key> on some calls: \(restrictedNames)."
        ),
    ]
}
