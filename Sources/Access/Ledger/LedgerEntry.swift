// SPDX-License-Identifier: Apache-2.0
package import Inference

/// One decision of the gate, or one act of administration, as the ledger keeps it. It never holds what was sent, what
/// was answered, or what a caller proved itself with.
///
/// Strings may be any: each is cut to 256 bytes and escaped when it is printed.
package struct LedgerEntry: Sendable, Equatable {
    package enum Decision: String, Sendable {
        case allow, deny
        /// An administrative act: done, whatever its outcome; see ``LedgerEntry/status``.
        case act
    }

    package var time: WallClockTime
    package var decision: Decision
    package var requestID: String
    package var principal: String
    package var tenant: String?
    /// What names the credential; never the credential.
    package var keyID: String?
    package var address: String
    /// A stable name of what was asked for: `infer`, `repository.load`.
    package var route: String
    /// `http`, `grpc`.
    package var protocolName: String
    package var model: String?
    package var version: Int64?
    /// SHA-256 of what is served under that name and version.
    package var modelDigest: ModelDigest?
    package var bytesIn: Int
    package var bytesOut: Int
    /// The HTTP status, or the gRPC status code.
    package var status: Int
    package var durationMicroseconds: Int64?
    package var reason: String?

    package init(
        time: WallClockTime = .now(),
        decision: Decision,
        requestID: String,
        principal: String,
        tenant: String? = nil,
        keyID: String? = nil,
        address: String,
        route: String,
        protocolName: String,
        model: String? = nil,
        version: Int64? = nil,
        modelDigest: ModelDigest? = nil,
        bytesIn: Int = 0,
        bytesOut: Int = 0,
        status: Int,
        durationMicroseconds: Int64? = nil,
        reason: String? = nil
    ) {
        self.time = time
        self.decision = decision
        self.requestID = requestID
        self.principal = principal
        self.tenant = tenant
        self.keyID = keyID
        self.address = address
        self.route = route
        self.protocolName = protocolName
        self.model = model
        self.version = version
        self.modelDigest = modelDigest
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
        self.status = status
        self.durationMicroseconds = durationMicroseconds
        self.reason = reason
    }
}
