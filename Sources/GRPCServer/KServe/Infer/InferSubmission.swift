// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Transport

/// A request that was read, ready for its model.
struct InferSubmission {
    var model: any ServableModel
    var request: InferenceRequest
    var wantsEmptyFinalResponse: Bool
}

/// When a message was waited for and when it was there; a trace has both.
struct MessageTimes {
    var waitedFrom: MonotonicTime
    var arrived: MonotonicTime
}

extension KServeEnvironment {
    static let shuttingDown = ServingError(
        .unavailable,
        "GRPC server is shutting down and has stopped accepting new requests.",
        reason: .rejected
    )

    /// The model that a request names, once the gate has let the caller have it. No tensor has been looked at by then.
    func model(
        _ envelope: InferEnvelope,
        for call: any RPCCall,
        _ endpoint: Endpoint = .infer
    ) throws(ServingError) -> any ServableModel {
        guard !drain.isDraining else { throw Self.shuttingDown }
        let version = try gate.authorise(
            call.permit,
            endpoint,
            model: envelope.modelName,
            version: envelope.version()
        ) { try? inference.model(named: $0, version: nil).version }
        return try inference.model(named: envelope.modelName, version: version)
    }

    /// - Parameter message: is charged for what the request has in shared memory too.
    func submission(
        of message: inout RPCMessage,
        _ envelope: InferEnvelope,
        to model: any ServableModel,
        for call: any RPCCall,
        mailbox: CompletionMailbox,
        times: MessageTimes
    ) throws(ServingError) -> InferSubmission {
        let head = call.head
        let limits = settings.modelLimits.limits(of: model.name, within: settings.requestLimits)
        try envelope.check(limits, bytes: message.bytes.count)
        let decoded = try InferRequestReader.read(
            message.bytes,
            envelope: envelope,
            model: model,
            limits: limits,
            sharedMemory: sharedMemory
        ) { bytes throws(ServingError) in try call.charge(bytes, to: &message) }
        var fields = decoded.fields
        if let headerForwarding {
            HeaderForwarding.add(try headerForwarding.parameters(of: head.metadata), to: &fields.parameters)
        }
        fields.principal = call.permit.principal
        fields.visit = call.permit.visit
        fields.arrival = times.arrived
        fields.deadline = head.deadline
        fields.lender = mailbox
        if let trace = trace?.beginTrace(model: model.name, version: model.version, requestID: fields.id) {
            trace.record("GRPC_WAITREAD_START", at: times.waitedFrom)
            trace.record("GRPC_WAITREAD_END", at: times.arrived)
            fields.trace = trace
        }
        return InferSubmission(
            model: model,
            request: InferenceRequest(fields),
            wantsEmptyFinalResponse: decoded.wantsEmptyFinalResponse
        )
    }
}

extension InferResponseWriter {
    /// For answers to a request that came as far as its model.
    init(_ model: any ServableModel, requestID: String) {
        self.init(modelName: model.name, modelVersion: String(model.version), requestID: requestID)
    }

    /// For what is said of a request whose model did not answer: it is named as the client named it.
    init(_ envelope: InferEnvelope) {
        self.init(modelName: envelope.modelName, modelVersion: envelope.versionText, requestID: envelope.id)
    }
}
