// SPDX-License-Identifier: Apache-2.0

extension FlagTable {
    private static let positive = ValueKind.integer(1...Int(Int32.max))
    private static let window = ValueKind.integer(65_535...Int(Int32.max))

    /// Limits of gRPC that Triton has no flag for.
    static let grpcLimits: [Flag] = [
        Flag(
            "grpc-max-input-size",
            .grpc,
            positive,
            .works(.integer(\.grpc.messageBytes)),
            "Bytes of a message, as it comes and after decompression."
        ),
        Flag(
            "grpc-max-requests-per-stream",
            .grpc,
            positive,
            .works(.integer(\.grpc.requestsPerStream)),
            "Requests of one stream in flight; those beyond wait in the client."
        ),
        Flag(
            "grpc-max-concurrent-streams",
            .grpc,
            positive,
            .works(.integer(\.grpc.concurrentStreams)),
            "Calls of one connection at a time."
        ),
        Flag(
            "grpc-max-stream-age-secs",
            .grpc,
            .integer(1...86_400 * 365, unlimited: 0),
            .works(.integer(\.grpc.streamAgeSeconds)),
            "Seconds that a streaming call may last."
        ),
        Flag(
            "grpc-stream-window-byte-size",
            .grpc,
            window,
            .works(.integer(\.grpc.streamWindowBytes)),
            "Bytes that a client may have under way on one stream."
        ),
        Flag(
            "grpc-connection-window-byte-size",
            .grpc,
            window,
            .works(.integer(\.grpc.connectionWindowBytes)),
            "Bytes that a client may have under way on all streams of a connection."
        ),
        Flag(
            "grpc-max-unsent-byte-size",
            .grpc,
            positive,
            .works(.integer(\.grpc.unsentBytesPerStream)),
            "Bytes that wait for a slow client before its stream stands still."
        ),
        Flag(
            "grpc-max-reset-frames",
            .grpc,
            positive,
            .works(.integer(\.grpc.resetFrames)),
            "Calls that a client may reset within the flood window before its connection is closed."
        ),
        Flag(
            "grpc-max-control-frames",
            .grpc,
            positive,
            .works(.integer(\.grpc.controlFrames)),
            "PING, SETTINGS and PRIORITY frames within the flood window."
        ),
        Flag(
            "grpc-max-stream-errors",
            .grpc,
            positive,
            .works(.integer(\.grpc.streamErrors)),
            "Errors of streams within the flood window, and in a connection's life."
        ),
        Flag(
            "grpc-flood-window-secs",
            .grpc,
            .integer(1...3600),
            .works(.integer(\.grpc.floodWindowSeconds)),
            "Seconds within which those frames are counted."
        ),
        Flag(
            "grpc-max-continuation-frames",
            .grpc,
            positive,
            .works(.integer(\.grpc.continuationFrames)),
            "CONTINUATION frames of one block of headers."
        ),
        Flag(
            "grpc-max-empty-data-frames",
            .grpc,
            positive,
            .works(.integer(\.grpc.emptyDataFrames)),
            "DATA frames in a row that carry nothing."
        ),
    ]
}
