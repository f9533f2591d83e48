// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// Lets everyone in and notes which certificates they had.
package final class CertificateGate: Gate {
    private let certificates = Mutex<[PeerCertificate?]>([])

    package init() {}

    /// Of each request that was admitted.
    package var seen: [PeerCertificate?] { certificates.withLock { $0 } }

    package func admit(_ arrival: Arrival) throws(ServingError) -> Permit {
        certificates.withLock { $0.append(arrival.certificate) }
        return Permit(principal: .anonymous, reservedBytes: arrival.declaredBytes)
    }

    package func authorise(
        _ permit: Permit,
        _ endpoint: Endpoint,
        model: String?,
        version: Int64?
    ) throws(ServingError) {}

    package func shows(model: String, version: Int64?, to permit: Permit) -> Bool { true }
    package func isValid(_ permit: Permit) -> Bool { true }
    package func begin(_ permit: inout Permit) throws(ServingError) {}
    package func end(_ permit: inout Permit) {}

    package func reserve(_ bytes: Int, for permit: inout Permit) throws(ServingError) {
        permit.reservedBytes += bytes
    }

    package func giveBack(_ bytes: Int, of permit: inout Permit) { permit.reservedBytes -= bytes }
    package func conclude(_ permit: Permit, _ conclusion: Conclusion) {}
    package func release(_ permit: Permit) {}
}
