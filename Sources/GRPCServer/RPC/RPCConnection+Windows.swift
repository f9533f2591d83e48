// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import NIOHTTP2

/// Flow control both ways, and what the calls of a connection may hold together.
extension RPCConnection {
    // MARK: what we may be sent

    func windowChanged(_ event: NIOHTTP2WindowUpdatedEvent) {
        guard let size = event.inboundWindowSize else { return }
        if event.streamID == .rootStream {
            receiveWindow.size = size
        } else if let call = calls[event.streamID] {
            call.receiveWindow.size = size
            call.openWindow()
        }
    }

    func openWindow(of stream: HTTP2StreamID, by increment: Int) {
        write(.windowUpdate(windowSizeIncrement: increment), on: stream)
        turnNeedsEnd()
    }

    func openConnectionWindow() {
        guard let increment = receiveWindow.increment(retaining: retainedBytes) else { return }
        openWindow(of: .rootStream, by: increment)
    }

    /// `call` keeps the connection's window from opening by so many bytes.
    func retain(_ bytes: Int, by call: ServedCall) {
        guard bytes != call.retainedBytes else { return }
        retainedBytes += bytes - call.retainedBytes
        call.retainedBytes = bytes
        openConnectionWindow()
    }

    func checkRoom(for bytes: Int) throws(ServingError) {
        let limit = shared.settings.connectionLimits.bytesInFlightPerConnection
        guard bytes <= limit - chargedBytes else {
            throw ServingError(
                .unavailable,
                "a message of \(bytes) bytes exceeds the \(limit) bytes that one connection may have in flight: "
                    + "--max-connection-in-flight-byte-size is the limit",
                reason: .rejected
            )
        }
    }

    /// Whether bytes that wait to be read may be charged: not if they would leave too little to messages being read.
    func mayHold(_ bytes: Int) -> Bool {
        bytes <= shared.settings.connectionLimits.bytesInFlightPerConnection / 2 - chargedBytes
    }

    func charged(_ bytes: Int) { chargedBytes += bytes }

    // MARK: what we may send

    func peerOpenedWindow(of stream: HTTP2StreamID, by increment: Int) {
        if stream == .rootStream {
            sendWindow += increment
        } else if let call = calls[stream] {
            call.sendWindow += increment
            ready(call)
        }
        turnNeedsEnd()
    }

    func settingsArrived(_ settings: HTTP2Settings) {
        // The last of several counts.
        guard let size = settings.last(where: { $0.parameter == .initialWindowSize })?.value else { return }
        let change = size - peerInitialWindow
        peerInitialWindow = size
        for call in calls.calls {
            call.sendWindow += change
            ready(call)
        }
    }

    func queued(_ bytes: Int, by call: ServedCall) {
        unsentBytes += bytes
        noteCongestion()
        ready(call)
    }

    /// `call` may have something to send.
    func ready(_ call: ServedCall) {
        guard !call.isReady, call.connection != nil else { return }
        call.isReady = true
        readyCalls.append(call)
        turnNeedsEnd()
    }
}
