// SPDX-License-Identifier: Apache-2.0
package import NIOHTTP2

/// Sees every frame that leaves. NIOHTTP2Handler reports errors of streams and of the connection alike; only a stream's
/// comes right after a reset.
package final class FrameWatch: NIOHTTP2FrameDelegate {
    package private(set) var lastWasReset = false
    /// Whether headers or data left since it was last asked.
    private var hasSent = false

    package init() {}

    package func wroteFrame(_ frame: HTTP2Frame) {
        lastWasReset = false
        switch frame.payload {
        case .rstStream: lastWasReset = true
        case .headers, .data: hasSent = true
        default: break
        }
    }

    package func takeHasSent() -> Bool {
        defer { hasSent = false }
        return hasSent
    }
}
