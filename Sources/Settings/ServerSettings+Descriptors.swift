// SPDX-License-Identifier: Apache-2.0
private import Inference

extension ServerSettings {
    /// Models, logs, event loops and threads, and connections that are being refused.
    static let otherDescriptors = 512

    /// File descriptors that the server may come to need: each listener has connections of its own, and each region of
    /// shared memory holds a file.
    package var descriptorsNeeded: Int {
        let listeners = 1 + (grpc.isAllowed ? 1 : 0) + (metrics.isAllowed ? 1 : 0)
        let sockets = connectionLimits.connections.multipliedReportingOverflow(by: listeners)
        let others = Self.otherDescriptors + (sharedMemory.isAllowed ? sharedMemory.regions : 0)
        let all = sockets.partialValue.addingReportingOverflow(others)
        return sockets.overflow || all.overflow ? .max : all.partialValue
    }
}
