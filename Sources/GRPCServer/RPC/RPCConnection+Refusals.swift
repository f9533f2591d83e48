// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOHPACK
import Transport

/// Lines in the audit log of what the gate is never asked about.
extension RPCConnection {
    /// The head of a call was refused.
    func note(_ refusal: CallHeaders.Refusal, _ headers: HPACKHeaders) {
        let (status, reason) =
            switch refusal {
            case .http(let status): (status, "it is not gRPC")
            case .status(let status), .unknownEncoding(let status): (status.code.rawValue, status.message)
            }
        shared.gate.refused(
            EarlyRefusal(
                .grpc,
                remoteAddress: remoteAddress,
                target: headers.first(name: ":path"),
                status: status,
                reason: reason
            )
        )
    }

    /// The connection, or one of its streams, broke a rule of HTTP/2 or did not get through its handshake.
    func noteRefusal(_ error: any Error) {
        var status = RPCStatus.Code.internalError
        var reason: String?
        if let refusal = HTTP2Refusal(error) {
            reason = refusal.reason
        } else if let refusal = TLSRefusal(error) {
            reason = refusal.reason
            if refusal.isAboutCertificate { status = .unauthenticated }
        }
        guard let reason else { return }
        shared.gate.refused(
            EarlyRefusal(.grpc, remoteAddress: remoteAddress, status: status.rawValue, reason: reason)
        )
    }
}
