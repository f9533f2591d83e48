// SPDX-License-Identifier: Apache-2.0
package import Inference
package import Transport

/// What an operator decides about the gRPC front end.
package struct GRPCServerSettings: Sendable {
    package var address = "127.0.0.1"
    package var port = 8001
    /// Whether other processes may listen on the same port.
    package var reusesPort = false
    /// `nil`: plaintext.
    package var tls: TLSFiles?
    package var rpc: RPCSettings

    package init(profile: Profile) { rpc = RPCSettings(profile: profile) }
}

/// How hard responses are compressed, for clients that say they can read it.
package enum ResponseCompression: String, Sendable, CaseIterable {
    case none, low, medium, high

    var zlibLevel: Int32 {
        switch self {
        case .none, .low: 1
        case .medium: 6
        case .high: 9
        }
    }
}

/// What the RPC layer goes by: limits of calls, of connections and of what clients may do to either.
package struct RPCSettings: Sendable {
    package var connectionLimits: ConnectionLimits
    /// The names that the server answers to.
    package var hosts = HostPolicy.any
    /// Bytes of a message, as it comes and after decompression.
    package var messageBytes: Int
    /// Messages of one stream that are with the receiver at a time.
    package var requestsPerStream = 64
    package var concurrentStreams = 1024
    /// Seconds that a streaming call may last; 0: any number.
    package var streamAgeSeconds = 0
    package var compressionLevel = ResponseCompression.none
    /// What a client may have under way on a stream, and on all of a connection's.
    package var streamWindowBytes = 1 << 20
    package var connectionWindowBytes = 8 << 20
    /// Beyond this many unsent bytes a call is not writable, and its client's messages wait.
    package var unsentBytesPerStream = 1 << 20
    package var frameBytes = 64 << 10
    /// Within ``floodWindowSeconds`` each; one more closes the connection.
    package var resetFrames = 1000
    package var controlFrames = 1000
    package var streamErrors = 1000
    package var floodWindowSeconds = 10
    /// CONTINUATION frames of one header block, and DATA frames in a row that carry nothing.
    package var continuationFrames = 8
    package var emptyDataFrames = 64
    package var keepalive = KeepaliveSettings()

    package init(profile: Profile) {
        connectionLimits = ConnectionLimits(profile: profile)
        switch profile {
        case .secure: messageBytes = 10 << 20
        case .triton: messageBytes = Int(Int32.max)
        }
    }
}

/// Triton's flags of the same names; times in milliseconds.
package struct KeepaliveSettings: Sendable, Equatable {
    /// `Int32.max`: never.
    package var timeMilliseconds = 7_200_000
    package var timeoutMilliseconds = 20_000
    package var permitsWithoutCalls = false
    package var maxPingsWithoutData = 2
    package var minReceivedPingIntervalMilliseconds = 300_000
    package var maxPingStrikes = 2
    /// 0: for ever.
    package var maxConnectionAgeMilliseconds = 0
    /// 0: as long as calls take.
    package var maxConnectionAgeGraceMilliseconds = 0

    package init() {}
}

extension RPCSettings {
    var http2Limits: HTTP2Limits {
        var limits = HTTP2Limits(headerListBytes: connectionLimits.headerListBytes)
        limits.concurrentStreams = concurrentStreams
        limits.streamWindowBytes = streamWindowBytes
        limits.frameBytes = frameBytes
        limits.resetFrames = resetFrames
        limits.controlFrames = controlFrames
        limits.streamErrors = streamErrors
        limits.floodWindowSeconds = floodWindowSeconds
        limits.continuationFrames = continuationFrames
        limits.emptyDataFrames = emptyDataFrames
        return limits
    }

    var connectionKeepalive: ConnectionKeepalive {
        func nanoseconds(_ milliseconds: Int) -> UInt64 { UInt64(max(1, milliseconds)) &* 1_000_000 }
        var life = ConnectionKeepalive()
        life.pingNanoseconds =
            keepalive.timeMilliseconds >= Int(Int32.max) ? nil : nanoseconds(keepalive.timeMilliseconds)
        life.pingTimeoutNanoseconds = nanoseconds(keepalive.timeoutMilliseconds)
        life.permitsWithoutCalls = keepalive.permitsWithoutCalls
        life.pingsWithoutDataLimit = max(0, keepalive.maxPingsWithoutData)
        let grace = keepalive.maxConnectionAgeGraceMilliseconds
        life.ageGraceNanoseconds = grace > 0 ? nanoseconds(grace) : nil
        life.firstFrameNanoseconds = nanoseconds(connectionLimits.headerSeconds * 1000)
        life.idleNanoseconds = nanoseconds(connectionLimits.idleSeconds * 1000)
        return life
    }

    var pingStrikes: PingStrikes {
        PingStrikes(
            limit: max(0, keepalive.maxPingStrikes),
            intervalNanoseconds: UInt64(max(0, keepalive.minReceivedPingIntervalMilliseconds)) &* 1_000_000,
            permitsWithoutCalls: keepalive.permitsWithoutCalls
        )
    }

    /// A tenth more or less than what is set, so that connections that came together do not leave together.
    var randomAgeNanoseconds: UInt64? {
        let age = keepalive.maxConnectionAgeMilliseconds
        guard age > 0, age < Int(Int32.max) else { return nil }
        return UInt64(Double(age) * 1_000_000 * Double.random(in: 0.9...1.1))
    }
}
