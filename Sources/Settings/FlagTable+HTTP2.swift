// SPDX-License-Identifier: Apache-2.0

/// What `buckler serve` was told about HTTP/2 on the HTTP and metrics ports.
package struct HTTP2Settings: Sendable, Equatable {
    package var isAllowed = true
    package var concurrentStreams = 128
    /// What a client may do within ``floodWindowSeconds``.
    package var resetFrames = 1000
    package var controlFrames = 1000
    package var streamErrors = 1000
    package var floodWindowSeconds = 10

    package init() {}
}

extension FlagTable {
    private static let positive = ValueKind.integer(1...Int(Int32.max))

    /// Triton speaks HTTP/1.1 only.
    static let http2: [Flag] = [
        Flag(
            "http2",
            .http,
            .bool,
            .works(.bool(\.http2.isAllowed)),
            "Speak HTTP/2 on the HTTP and metrics ports with clients that ask for it when TLS is agreed upon."
        ),
        Flag(
            "http2-max-concurrent-streams",
            .http,
            positive,
            .works(.integer(\.http2.concurrentStreams)),
            "Requests of one HTTP/2 connection at a time; 100 until the client has acknowledged the server's settings."
        ),
        Flag(
            "http2-max-reset-frames",
            .http,
            positive,
            .works(.integer(\.http2.resetFrames)),
            "Requests that a client may reset within the flood window before its connection is closed."
        ),
        Flag(
            "http2-max-control-frames",
            .http,
            positive,
            .works(.integer(\.http2.controlFrames)),
            "PING, SETTINGS and PRIORITY frames within the flood window."
        ),
        Flag(
            "http2-max-stream-errors",
            .http,
            positive,
            .works(.integer(\.http2.streamErrors)),
            "Errors of streams within the flood window, and in a connection's life."
        ),
        Flag(
            "http2-flood-window-secs",
            .http,
            .integer(1...3600),
            .works(.integer(\.http2.floodWindowSeconds)),
            "Seconds within which those frames are counted."
        ),
    ]
}
