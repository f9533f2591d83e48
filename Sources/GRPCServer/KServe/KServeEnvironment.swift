// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore
package import Transport

/// What an operator decides about the inference service over gRPC.
package struct KServeSettings: Sendable {
    package var requestLimits: RequestLimits
    package var modelLimits = ModelLimits()
    /// `name` of the server metadata: Triton's `--id`.
    package var serverName = "triton"
    package var serverVersion: String
    /// Bytes of answers of decoupled models that may wait on one stream for a client that reads slowly. A stream that
    /// needs more is ended.
    package var streamBacklogBytes: Int

    package init(serverVersion: String, profile: Profile) {
        self.serverVersion = serverVersion
        requestLimits = RequestLimits(profile: profile)
        streamBacklogBytes = ConnectionLimits(profile: profile).bytesInFlightPerConnection
    }
}

/// Whom the methods of the inference service ask. One object, so that a call holds one reference and not ten.
package final class KServeEnvironment: Sendable {
    let inference: any InferenceService
    let control: any ModelControl
    let gate: any Gate
    let settings: KServeSettings
    let drain: DrainState
    let sharedMemory: (any SharedMemoryControl)?
    let trace: (any TraceControl)?
    let log: (any LogControl)?
    let restrictions: RestrictedAPIs
    let headerForwarding: HeaderForwarding?
    let mailboxes: CompletionMailboxes

    package init(
        inference: any InferenceService,
        control: any ModelControl,
        gate: any Gate,
        settings: KServeSettings,
        drain: DrainState,
        eventLoopGroup: any EventLoopGroup,
        sharedMemory: (any SharedMemoryControl)? = nil,
        trace: (any TraceControl)? = nil,
        log: (any LogControl)? = nil,
        restrictions: RestrictedAPIs = RestrictedAPIs(.grpc),
        headerForwarding: HeaderForwarding? = nil
    ) {
        self.inference = inference
        self.control = control
        self.gate = gate
        self.settings = settings
        self.drain = drain
        self.sharedMemory = sharedMemory
        self.trace = trace
        self.log = log
        self.restrictions = restrictions
        self.headerForwarding = headerForwarding
        mailboxes = CompletionMailboxes(eventLoopGroup)
    }
}
