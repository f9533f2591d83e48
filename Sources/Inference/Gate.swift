// SPDX-License-Identifier: Apache-2.0

/// What a caller wants to do; each route of each protocol maps to one.
package enum Scope: String, Sendable, CaseIterable {
    case infer, metadata, metrics, statistics, admin
    case health
    case sharedMemory = "shared-memory"
}

/// What is known of a request when its headers are in and not a byte of its body has been read.
package struct Arrival: Sendable {
    package var scope: Scope
    /// The caller's address without its port.
    package var remoteAddress: String
    /// What the caller showed, unread: the value of `Authorization` or of `X-API-Key`.
    package var credential: String?
    /// Bytes of body that the caller announced.
    package var declaredBytes: Int

    package init(scope: Scope, remoteAddress: String, credential: String?, declaredBytes: Int) {
        self.scope = scope
        self.remoteAddress = remoteAddress
        self.credential = credential
        self.declaredBytes = declaredBytes
    }
}

/// Leave to go on, and what was charged for it. Handed back with ``Gate/release(_:)`` exactly once.
package struct Permit: Sendable {
    package var principal: Principal
    package var reservedBytes: Int
    /// Whether it is one of the requests that are counted and bounded: those of inference.
    package var isCounted: Bool

    package init(principal: Principal, reservedBytes: Int, isCounted: Bool = true) {
        self.principal = principal
        self.reservedBytes = reservedBytes
        self.isCounted = isCounted
    }
}

/// Who may call what, and how much at once. Asked by every front end for every route.
package protocol Gate: Sendable {
    /// Before a body byte is read. Reserves ``Arrival/declaredBytes`` of what the whole server may have in flight.
    /// - Throws: `.unauthenticated`, `.permissionDenied`, `.resourceExhausted`, or `.unavailable` if there is no room.
    func admit(_ arrival: Arrival) throws(ServingError) -> Permit

    /// As soon as model and version are known, before a tensor is copied.
    func authorise(_ permit: Permit, scope: Scope, model: String, version: Int64?) throws(ServingError)

    /// More bytes for a request whose size was not declared, or that grew when it was decompressed.
    func reserve(_ bytes: Int, for permit: inout Permit) throws(ServingError)

    /// Bytes of a request that goes on, as a stream does after each of its messages.
    /// - Precondition: the permit has at least so many reserved.
    func giveBack(_ bytes: Int, of permit: inout Permit)

    func release(_ permit: Permit)
}
