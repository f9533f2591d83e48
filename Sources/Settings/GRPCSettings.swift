// SPDX-License-Identifier: Apache-2.0
package import Inference

/// What `buckler serve` was told about gRPC.
package struct GRPCSettings: Sendable, Equatable {
    package var isAllowed = true
    package var listener = ServerSettings.Listener(address: "127.0.0.1", port: 8001)
    package var reusesPort = false

    package var usesTLS = false
    package var asksForClientCertificates = false
    package var certificate: String?
    package var key: String?
    package var rootCertificate: String?

    /// Bytes of a message, as it comes and after decompression.
    package var messageBytes: Int
    package var compressionLevel = "none"
    package var requestsPerStream = 64
    package var concurrentStreams = 1024
    /// 0: any age.
    package var streamAgeSeconds = 0
    package var streamWindowBytes = 1 << 20
    package var connectionWindowBytes = 8 << 20
    package var unsentBytesPerStream = 1 << 20

    /// What a client may do within ``floodWindowSeconds``.
    package var resetFrames = 1000
    package var controlFrames = 1000
    package var streamErrors = 1000
    package var floodWindowSeconds = 10
    package var continuationFrames = 8
    package var emptyDataFrames = 64

    package var keepaliveMilliseconds = 7_200_000
    package var keepaliveTimeoutMilliseconds = 20_000
    package var keepalivePermitsWithoutCalls = false
    package var pingsWithoutData = 2
    package var receivedPingIntervalMilliseconds = 300_000
    package var pingStrikes = 2
    /// 0: for ever.
    package var connectionAgeMilliseconds = 0
    /// 0: as long as calls take.
    package var connectionAgeGraceMilliseconds = 0

    package init(profile: Profile) {
        switch profile {
        case .secure: messageBytes = 10 << 20
        case .triton: messageBytes = Int(Int32.max)
        }
    }
}
