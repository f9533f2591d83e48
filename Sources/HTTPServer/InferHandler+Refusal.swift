// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOHTTP1
import Transport

extension ConnectionContext {
    /// Which of the listeners it is.
    var transport: Arrival.Transport { hot == nil ? .metrics : .http }

    func note(_ status: HTTPResponseStatus, _ reason: String, from address: String) {
        gate.refused(EarlyRefusal(transport, remoteAddress: address, status: Int(status.code), reason: reason))
    }
}

extension InferHandler {
    /// A request is refused before the gate is asked: the audit log has a line for it all the same.
    func note(_ fault: RequestFault, target: String? = nil, request: InferRequestHead? = nil) {
        var refusal = EarlyRefusal(
            shared.transport,
            remoteAddress: remoteAddress,
            target: target,
            status: Int(fault.status.code),
            reason: fault.message
        )
        refusal.forwardedFor = request?.forwardedFor
        refusal.requestID = request?.requestID
        shared.gate.refused(refusal)
    }

    /// A whole request is here that the gate has let in: the connection keeps its place. Asked once for each request, told
    /// once for each connection.
    func proveConnection() {
        guard !isProven else { return }
        isProven = true
        peer?.place?.prove()
    }
}
