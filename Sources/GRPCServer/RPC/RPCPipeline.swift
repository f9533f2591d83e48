// SPDX-License-Identifier: Apache-2.0
package import NIOCore
private import NIOHTTP2
private import Transport

/// The handlers of one connection, behind TLS if there is any.
package enum RPCPipeline {
    /// - Throws: if the channel is closed already. To be called on its event loop.
    package static func configure(_ channel: any Channel, shared: RPCContext, isTLS: Bool) throws {
        let watch = FrameWatch()
        let limits = shared.settings.http2Limits
        let pipeline = channel.pipeline.syncOperations
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
