// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// What others tell the gate for the audit log.
extension AccessGate {
    package func served(_ model: ServedModel, to permit: Permit) {
        guard let guest = permit.visit as? Guest else { return }
        guest.state.withLock { $0.served = model }
    }

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
}
