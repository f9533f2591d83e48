// SPDX-License-Identifier: Apache-2.0
package import NIOCore
private import NIOHTTP2
private import Transport

/// The handlers of one connection, behind TLS if there is any.
package enum RPCPipeline {
    /// - Throws: if the channel is closed already. To be called on its event loop.
    package static func configure(_ channel: any Channel, shared: RPCContext, isTLS: Bool) throws {
        let watch = FrameWatch()
        // One buffer to read into, not the four that a connection would otherwise keep after its first large messages.
        try channel.syncOptions?.setOption(.recvAllocator, value: SingleReceiveBuffer())
        var limits = shared.settings.http2Limits
        let pipeline = channel.pipeline.syncOperations
        // Beyond its own limit the handler ends the connection, and until the client has acknowledged ours that limit is
        // 100; so it gets none, and ``RPCConnection`` refuses the streams that are too many.
        try pipeline.addHandler(StreamLimitHandler(limits.concurrentStreams))
        limits.concurrentStreams = Int(Int32.max)
        try pipeline.addHandler(
            NIOHTTP2Handler(
                mode: .server,
                frameDelegate: watch,
                connectionConfiguration: limits.connectionConfiguration,
                streamConfiguration: limits.streamConfiguration
            )
        )
        try pipeline.addHandler(
            RPCConnection(shared: shared, watch: watch, eventLoop: channel.eventLoop, requiresALPN: isTLS)
        )
    }
}
