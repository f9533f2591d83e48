// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore
internal import Transport

/// What a call belongs to where access to the protocol is restricted by category; names are Triton's.
package enum ProtocolCategory: String, Sendable, CaseIterable {
    case health, metadata, inference, statistics, trace, logging
    case sharedMemory = "shared-memory"
    case modelConfig = "model-config"
    case modelRepository = "model-repository"
}

/// What an operator decides about the inference service over gRPC.
package struct KServeSettings: Sendable {
    package var requestLimits: RequestLimits
    /// `name` of the server metadata: Triton's `--id`.
    package var serverName = "triton"
    package var serverVersion: String
    /// The protocol extensions that the server metadata lists.
    package var extensions: [String]
    /// Bytes of answers of decoupled models that may wait on one stream for a client that reads slowly. A stream that
    /// needs more is ended.
    package var streamBacklogBytes: Int

    package init(serverVersion: String, extensions: [String], profile: Profile) {
        self.serverVersion = serverVersion
        self.extensions = extensions
        requestLimits = RequestLimits(profile: profile)
        streamBacklogBytes = ConnectionLimits(profile: profile).bytesInFlightPerConnection
    }
}

/// Whom the methods of the inference service ask. One object, so that a call holds one reference and not ten.
package final class KServeEnvironment: Sendable {
    /// - Returns: how a call of the category is refused; `nil` if it may go on.
    package typealias Restriction = @Sendable (ProtocolCategory, RPCHead) -> RPCStatus?
    /// - Returns: headers of a call that become parameters of its requests.
    package typealias HeaderForwarding = @Sendable (RPCHead) throws(ServingError) -> [Parameter]

    let inference: any InferenceService
    let control: any ModelControl
    let gate: any Gate
    let settings: KServeSettings
    let sharedMemory: (any SharedMemoryControl)?
    let trace: (any TraceControl)?
    let log: (any LogControl)?
    let restriction: Restriction?
    let headerForwarding: HeaderForwarding?
    /// One for each event loop.
    private let mailboxes: [ObjectIdentifier: CompletionMailbox]

    package init(
        inference: any InferenceService,
        control: any ModelControl,
        gate: any Gate,
        settings: KServeSettings,
        eventLoopGroup: any EventLoopGroup,
        sharedMemory: (any SharedMemoryControl)? = nil,
        trace: (any TraceControl)? = nil,
        log: (any LogControl)? = nil,
        restriction: Restriction? = nil,
        headerForwarding: HeaderForwarding? = nil
    ) {
        self.inference = inference
        self.control = control
        self.gate = gate
        self.settings = settings
        self.sharedMemory = sharedMemory
        self.trace = trace
        self.log = log
        self.restriction = restriction
        self.headerForwarding = headerForwarding
        var mailboxes: [ObjectIdentifier: CompletionMailbox] = [:]
        for loop in eventLoopGroup.makeIterator() {
            mailboxes[ObjectIdentifier(loop)] = CompletionMailbox(eventLoop: loop)
        }
        self.mailboxes = mailboxes
    }

    func mailbox(of eventLoop: any EventLoop) -> CompletionMailbox {
        mailboxes[ObjectIdentifier(eventLoop)] ?? CompletionMailbox(eventLoop: eventLoop)
    }
}
