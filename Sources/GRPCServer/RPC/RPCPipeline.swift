// SPDX-License-Identifier: Apache-2.0
private import Inference
package import NIOCore
private import NIOHTTP2

/// The handlers of one connection, behind TLS if there is any.
package enum RPCPipeline {
    /// - Throws: if the channel is closed already. To be called on its event loop.
    package static func configure(_ channel: any Channel, shared: RPCContext, isTLS: Bool) throws {
        let watch = FrameWatch()
        let settings = shared.settings
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(
            NIOHTTP2Handler(
                mode: .server,
                frameDelegate: watch,
                connectionConfiguration: connection(settings),
                streamConfiguration: stream(settings)
            )
        )
        try pipeline.addHandler(
            RPCConnection(shared: shared, watch: watch, eventLoop: channel.eventLoop, requiresALPN: isTLS)
        )
    }

    private static func connection(_ settings: RPCSettings) -> NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: settings.concurrentStreams),
            HTTP2Setting(parameter: .initialWindowSize, value: settings.streamWindowBytes),
            HTTP2Setting(parameter: .maxFrameSize, value: settings.frameBytes),
            HTTP2Setting(parameter: .maxHeaderListSize, value: settings.connectionLimits.headerListBytes),
        ]
        configuration.maximumSequentialEmptyDataFrames = settings.emptyDataFrames
        configuration.maximumSequentialContinuationFrames = settings.continuationFrames
        // Frames that a client sent before it heard of a reset are no fault of it.
        configuration.maximumRecentlyResetStreams = min(settings.concurrentStreams, 1024)
        configuration.maximumConnectionGlitches = settings.streamErrors
        configuration.controlFrameRateLimit.maximumCount = settings.controlFrames
        configuration.controlFrameRateLimit.windowLength = .seconds(Int64(settings.floodWindowSeconds))
        return configuration
    }

    private static func stream(_ settings: RPCSettings) -> NIOHTTP2Handler.StreamConfiguration {
        let window = TimeAmount.seconds(Int64(settings.floodWindowSeconds))
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.streamResetFrameRateLimit.maximumCount = settings.resetFrames
        configuration.streamResetFrameRateLimit.windowLength = window
        configuration.streamErrorRateLimit.maximumCount = settings.streamErrors
        configuration.streamErrorRateLimit.windowLength = window
        return configuration
    }
}
