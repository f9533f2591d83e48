// SPDX-License-Identifier: Apache-2.0
private import Inference

extension ServerSettings {
    /// Models, logs, event loops and threads, and connections that are being refused.
    static let otherDescriptors = 512

    /// File descriptors that the server may come to need: each listener has connections of its own, and each region of
    /// shared memory holds a file.
    package var descriptorsNeeded: Int {
        let sockets = connectionLimits.connections.multipliedReportingOverflow(by: listenerCount)
        let all = sockets.partialValue.addingReportingOverflow(descriptorsOfOthers)
        return sockets.overflow || all.overflow ? .max : all.partialValue
    }

    /// Lets in no more connections than there are descriptors for. One that cannot be accepted stays at the listener's
    /// door, and its event loop would run in circles instead of serving those that are in.
    /// - Parameter limit: of descriptors.
    package mutating func fitConnections(toDescriptors limit: Int) {
        guard limit < descriptorsNeeded else { return }
        let room = max(limit - descriptorsOfOthers, limit / 2) / listenerCount
        connectionLimits.connections = max(1, min(connectionLimits.connections, room))
    }

    private var listenerCount: Int { 1 + (grpc.isAllowed ? 1 : 0) + (metrics.isAllowed ? 1 : 0) }
    private var descriptorsOfOthers: Int { Self.otherDescriptors + (sharedMemory.isAllowed ? sharedMemory.regions : 0) }
}
