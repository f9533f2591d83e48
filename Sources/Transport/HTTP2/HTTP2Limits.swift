// SPDX-License-Identifier: Apache-2.0
private import NIOCore
package import NIOHTTP2

/// What a client may do on one HTTP/2 connection, whatever is spoken on its streams. Who goes beyond what the protocol's
/// own flow bounds loses the connection.
package struct HTTP2Limits: Sendable, Equatable {
    package var concurrentStreams = 128
    /// What a client may have under way on a stream.
    package var streamWindowBytes = 1 << 20
    package var frameBytes = 64 << 10
    /// Of all headers of a request, decoded.
    package var headerListBytes: Int
    /// Within ``floodWindowSeconds`` each; one more closes the connection.
    package var resetFrames = 1000
    package var controlFrames = 1000
    package var streamErrors = 1000
    package var floodWindowSeconds = 10
    /// CONTINUATION frames of one header block, and DATA frames in a row that carry nothing.
    package var continuationFrames = 8
    package var emptyDataFrames = 64

    package init(headerListBytes: Int) { self.headerListBytes = headerListBytes }

    package var connectionConfiguration: NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: concurrentStreams),
            HTTP2Setting(parameter: .initialWindowSize, value: streamWindowBytes),
            HTTP2Setting(parameter: .maxFrameSize, value: frameBytes),
            HTTP2Setting(parameter: .maxHeaderListSize, value: headerListBytes),
        ]
        configuration.maximumSequentialEmptyDataFrames = emptyDataFrames
        configuration.maximumSequentialContinuationFrames = continuationFrames
        // Frames that a client sent before it heard of a reset are no fault of it.
        configuration.maximumRecentlyResetStreams = min(concurrentStreams, 1024)
        configuration.maximumConnectionGlitches = streamErrors
        configuration.controlFrameRateLimit.maximumCount = controlFrames
        configuration.controlFrameRateLimit.windowLength = .seconds(Int64(floodWindowSeconds))
        return configuration
    }

    package var streamConfiguration: NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.streamResetFrameRateLimit.maximumCount = resetFrames
        configuration.streamResetFrameRateLimit.windowLength = .seconds(Int64(floodWindowSeconds))
        configuration.streamErrorRateLimit.maximumCount = streamErrors
        configuration.streamErrorRateLimit.windowLength = .seconds(Int64(floodWindowSeconds))
        return configuration
    }
}
