// SPDX-License-Identifier: Apache-2.0

private let noGRPC = "there is no gRPC endpoint yet"

extension FlagTable {
    /// Triton's flags about gRPC. Names, ranges and defaults: `command_line_parser.cc`.
    static let grpc: [Flag] = [
        Flag("allow-grpc", .grpc, .bool, .accepted(noGRPC), default: "true", "Serve gRPC."),
        Flag("grpc-address", .grpc, .nonEmptyString, .accepted(noGRPC), default: "0.0.0.0", "Address of gRPC."),
        Flag("grpc-port", .grpc, .port, .accepted(noGRPC), default: "8001", "Port of gRPC."),
        Flag("reuse-grpc-port", .grpc, .bool, .accepted(noGRPC), default: "false", "Share the gRPC port."),
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
            .accepted(noGRPC),
            default: "2",
            "Threads that handle inference."
        ),
        Flag(
            "grpc-infer-allocation-pool-size",
            .grpc,
            .anyInteger,
            .accepted(noGRPC),
            default: "8",
            "Request states that are kept for reuse."
        ),
        Flag(
            "grpc-max-response-pool-size",
            .grpc,
            .integer(1...Int(Int32.max)),
            .accepted(noGRPC),
            default: "2147483647",
            "Responses that may wait to be written."
        ),
        Flag("grpc-use-ssl", .grpc, .bool, .accepted(noGRPC), default: "false", "Use TLS."),
        Flag("grpc-use-ssl-mutual", .grpc, .bool, .accepted(noGRPC), default: "false", "Ask clients for certificates."),
        Flag("grpc-server-cert", .grpc, .path, .accepted(noGRPC), "PEM file of the server's certificate."),
        Flag("grpc-server-key", .grpc, .path, .accepted(noGRPC), "PEM file of the server's key."),
        Flag("grpc-root-cert", .grpc, .path, .accepted(noGRPC), "PEM file of the root certificate."),
        Flag(
            "grpc-infer-response-compression-level",
            .grpc,
            .choice(["none", "low", "medium", "high"]),
            .accepted(noGRPC),
            default: "none",
            "How hard responses are compressed."
        ),
        Flag(
            "grpc-keepalive-time",
            .grpc,
            .anyInteger,
            .accepted(noGRPC),
            default: "7200000",
            "Milliseconds between keepalive pings."
        ),
        Flag(
            "grpc-keepalive-timeout",
            .grpc,
            .anyInteger,
            .accepted(noGRPC),
            default: "20000",
            "Milliseconds to wait for a ping's answer."
        ),
        Flag(
            "grpc-keepalive-permit-without-calls",
            .grpc,
            .bool,
            .accepted(noGRPC),
            default: "false",
            "Ping although no call is in flight."
        ),
        Flag(
            "grpc-http2-max-pings-without-data",
            .grpc,
            .anyInteger,
            .accepted(noGRPC),
            default: "2",
            "Pings without data in between; 0 for any number."
        ),
        Flag(
            "grpc-http2-min-recv-ping-interval-without-data",
            .grpc,
            .anyInteger,
            .accepted(noGRPC),
            default: "300000",
            "Milliseconds that a peer has to leave between pings."
        ),
        Flag(
            "grpc-http2-max-ping-strikes",
            .grpc,
            .anyInteger,
            .accepted(noGRPC),
            default: "2",
            "Bad pings before a connection is closed; 0 for any number."
        ),
        Flag(
            "grpc-max-connection-age",
            .grpc,
            .anyInteger,
            .accepted(noGRPC),
            "Milliseconds that a connection may last."
        ),
        Flag(
            "grpc-max-connection-age-grace",
            .grpc,
            .anyInteger,
            .accepted(noGRPC),
            "Milliseconds that calls have to end after that."
        ),
        Flag(
            "grpc-restricted-protocol",
            .grpc,
            .restriction,
            .works(.each(\.grpcRestrictedProtocols)),
            "Ask for metadata triton-grpc-protocol-<key> on some calls: \(restrictedNames)."
        ),
    ]
}
