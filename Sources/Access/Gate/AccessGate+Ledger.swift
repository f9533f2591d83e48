// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// What the audit log is told.
extension AccessGate {
    package func served(_ model: ServedModel, to permit: Permit) {
        guard let guest = permit.visit as? Guest else { return }
        guest.state.withLock { $0.served = model }
    }

    package func modelCalled(_ model: ServedModel, for permit: Permit) throws(ServingError) {
        guard let guest = permit.visit as? Guest else { return }
        // Its caller was promised one line, not as many as it makes calls.
        try parts.ledger?.check()
        let status = guest.arrival.transport == .grpc ? 0 : 200
        var conclusion = Conclusion(.infer, model: model.name, version: model.version, status: status)
        conclusion.digest = model.digest
        note(.allow, guest, conclusion, Self.calledByModel)
    }

    static let calledByModel = "called by a model"

    /// Nobody was let in, so that there is no one to name; what was asked for could be anything.
    package func refused(_ refusal: EarlyRefusal) {
        append(
            LedgerEntry(
                decision: .deny,
                requestID: refusal.requestID ?? "",
                principal: Principal.anonymous.name,
                address: clientAddress(of: refusal.remoteAddress, forwardedFor: refusal.forwardedFor),
                route: refusal.path ?? "-",
                protocolName: refusal.transport.rawValue,
                status: refusal.status,
                reason: refusal.reason
            )
        )
    }

    func note(_ decision: LedgerEntry.Decision, _ guest: Guest, _ conclusion: Conclusion, _ reason: String?) {
        guard parts.ledger != nil, !(decision == .allow && isOpen(conclusion.endpoint)) else { return }
        let principal = guest.caller.principal
        append(
            LedgerEntry(
                decision: decision,
                requestID: conclusion.requestID ?? guest.arrival.requestID ?? "",
                principal: principal.name,
                tenant: principal.tenant,
                keyID: guest.caller.credentialID,
                address: guest.address,
                route: conclusion.endpoint.rawValue,
                protocolName: guest.arrival.transport.rawValue,
                model: conclusion.model,
                version: conclusion.version,
                modelDigest: conclusion.digest,
                bytesIn: conclusion.bytesIn,
                bytesOut: conclusion.bytesOut,
                status: conclusion.status,
                durationMicroseconds: Int64(clamping: MonotonicTime.now().nanoseconds(since: guest.began) / 1000),
                reason: reason
            )
        )
    }

    /// What cannot be written keeps the next request out, in `admit`: this one is decided.
    func append(_ entry: LedgerEntry) { try? parts.ledger?.append(entry) }

    func status(_ error: ServingError, _ transport: Arrival.Transport) -> Int {
        transport == .grpc ? error.code.grpcStatus : error.code.httpStatus
    }
}
