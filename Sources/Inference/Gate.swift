// SPDX-License-Identifier: Apache-2.0

/// What a credential can be given for; each ``Endpoint`` takes one.
package enum Scope: String, Sendable, CaseIterable {
    case infer, metadata, metrics, statistics, admin
    /// Everyone's.
    case health
    case sharedMemory = "shared-memory"
}

/// What a caller showed, unread.
package struct Credentials: Sendable, Equatable {
    /// The value of `Authorization`, scheme and all.
    package var authorization: String?
    /// The value of `X-API-Key`.
    package var apiKey: String?
    /// Whether one of them came twice, with different values: which of them counts is not for us to choose.
    package var isAmbiguous = false
    /// Whether one of them was longer than a header may be, and was not kept.
    package var isOversized = false

    package init() {}

    package var isEmpty: Bool { authorization == nil && apiKey == nil && !isAmbiguous && !isOversized }

    package mutating func takeAuthorization(_ value: String) {
        if let authorization, authorization != value { isAmbiguous = true }
        authorization = value
    }

    package mutating func takeAPIKey(_ value: String) {
        if let apiKey, apiKey != value { isAmbiguous = true }
        apiKey = value
    }
}

/// Who the other end of a connection proved to be when the connection was made.
package struct PeerCertificate: Sendable, Hashable {
    /// The subject's common name.
    package var commonName: String?
    /// Names of the subject alternative name, each with its kind: `dns:host`, `uri:…`, `email:…`, `ip:…`.
    package var alternativeNames: [String]
    /// The whole subject, what is most particular first: `CN=…`, `OU=…`, values as they are. Empty for one that cannot be
    /// written so.
    package var subject: [String]
    /// Seconds since 1970 from which it is worth nothing.
    package var expiresAt: Int64?

    package init(
        commonName: String?,
        alternativeNames: [String],
        subject: [String] = [],
        expiresAt: Int64? = nil
    ) {
        self.commonName = commonName
        self.alternativeNames = alternativeNames
        self.subject = subject
        self.expiresAt = expiresAt
    }
}

/// What is known of a request when its headers are in and not a byte of its body has been read.
package struct Arrival: Sendable {
    package enum Transport: String, Sendable { case http, grpc, metrics }

    package var endpoint: Endpoint
    package var transport: Transport
    /// The caller's address without its port.
    package var remoteAddress: String
    /// The value of `X-Forwarded-For`: believed only if the caller is a proxy that is trusted.
    package var forwardedFor: String?
    package var credentials: Credentials
    package var certificate: PeerCertificate?
    package var requestID: String?
    /// Bytes of body that the caller announced.
    package var declaredBytes: Int
    /// Whether it carries any number of requests, which ``Gate/begin(_:)`` counts one by one.
    package var isStream: Bool

    package init(
        _ endpoint: Endpoint,
        _ transport: Transport,
        remoteAddress: String,
        credentials: Credentials,
        declaredBytes: Int = 0,
        isStream: Bool = false
    ) {
        self.endpoint = endpoint
        self.transport = transport
        self.remoteAddress = remoteAddress
        self.credentials = credentials
        self.declaredBytes = declaredBytes
        self.isStream = isStream
    }
}

/// What a gate remembers of someone it has let in; nobody else looks inside.
package protocol Visit: AnyObject, Sendable {}

/// Leave to go on, and what was charged for it. Handed back with ``Gate/release(_:)`` exactly once.
package struct Permit: Sendable {
    package var principal: Principal
    package var reservedBytes: Int
    /// How many of the requests that are counted and bounded it stands for: those of inference.
    package var countedRequests: Int
    package var visit: (any Visit)?

    package init(
        principal: Principal,
        reservedBytes: Int,
        countedRequests: Int = 0,
        visit: (any Visit)? = nil
    ) {
        self.principal = principal
        self.reservedBytes = reservedBytes
        self.countedRequests = countedRequests
        self.visit = visit
    }
}

/// How a request ended, for the audit log.
package struct Conclusion: Sendable {
    package var endpoint: Endpoint
    package var model: String?
    package var version: Int64?
    /// Of what answered, if something did.
    package var digest: ModelDigest?
    package var requestID: String?
    /// As they came.
    package var bytesIn: Int
    /// Once decompressed, if that is more: what counts against a caller's bytes.
    package var bytesRead = 0
    package var bytesOut: Int
    /// As the protocol counts: of HTTP, or of gRPC.
    package var status: Int

    package init(
        _ endpoint: Endpoint,
        model: String? = nil,
        version: Int64? = nil,
        requestID: String? = nil,
        bytesIn: Int = 0,
        bytesOut: Int = 0,
        status: Int
    ) {
        self.endpoint = endpoint
        self.model = model
        self.version = version
        self.requestID = requestID
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
        self.status = status
    }
}

/// Who may call what, and how much at once. Asked by every front end for every route.
package protocol Gate: Sendable {
    /// Before a body byte is read. Reserves ``Arrival/declaredBytes`` of what the whole server may have in flight.
    /// - Throws: `.unauthenticated`, `.permissionDenied`, `.resourceExhausted`, or `.unavailable` if there is no room.
    func admit(_ arrival: Arrival) throws(ServingError) -> Permit

    /// As soon as model and version are known, before a tensor is copied; over a stream for each message.
    /// - Parameters:
    ///   - model: `nil` for what concerns no model, or all of them.
    ///   - version: `nil` for all of them: a credential for some versions of a model is then not enough.
    /// - Throws: `.notFound` for a model that the caller may not see, as for one that does not exist.
    func authorise(_ permit: Permit, _ endpoint: Endpoint, model: String?, version: Int64?) throws(ServingError)

    /// Whether the caller's credential is for some versions of the model and not for all.
    func dependsOnVersion(_ permit: Permit, model: String) -> Bool

    /// For a request that a model makes while it answers one of the caller's.
    /// - Parameter permit: of the caller; nothing is charged to it, and it need not be out any more.
    /// - Throws: `.notFound` for a model that the caller may not call, as for one that does not exist.
    func authoriseModelCall(_ permit: Permit, model: String, version: Int64?) throws(ServingError)

    /// What ``authoriseModelCall(_:model:version:)`` has allowed is about to be done: a line in the audit log.
    func modelCalled(_ model: ServedModel, for permit: Permit) throws(ServingError)

    /// Whether lists may show the model to the caller.
    func shows(model: String, version: Int64?, to permit: Permit) -> Bool

    /// Whether what the caller showed is still worth something; asked about calls that last.
    func isValid(_ permit: Permit) -> Bool

    /// One request more of a stream is in flight.
    /// - Throws: if the server or the caller has as many as may be.
    func begin(_ permit: inout Permit) throws(ServingError)

    /// A request of a stream is done.
    func end(_ permit: inout Permit)

    /// More bytes for a request whose size was not declared, or that grew when it was decompressed.
    func reserve(_ bytes: Int, for permit: inout Permit) throws(ServingError)

    /// Bytes of a request that goes on, as a stream does after each of its messages.
    /// - Precondition: the permit has at least so many reserved.
    func giveBack(_ bytes: Int, of permit: inout Permit)

    /// What a call turned out to be about, where only whoever answers it knows: what its line in the audit log says.
    func served(_ model: ServedModel, to permit: Permit)

    /// A request is about to be answered; of a stream, each of its requests.
    func conclude(_ permit: Permit, _ conclusion: Conclusion)

    func release(_ permit: Permit)

    /// A request was refused before there was anything to admit.
    func refused(_ refusal: EarlyRefusal)
}

extension Gate {
    package func served(_ model: ServedModel, to permit: Permit) {}
    package func modelCalled(_ model: ServedModel, for permit: Permit) throws(ServingError) {}
    package func refused(_ refusal: EarlyRefusal) {}
    package func dependsOnVersion(_ permit: Permit, model: String) -> Bool { false }

    /// The same for what one version answers.
    /// - Parameters:
    ///   - version: `nil` where the caller named none.
    ///   - choice: the version that the server takes then.
    /// - Returns: the version to go on with. Where it matters which one it is, it is the one that was authorised,
    ///   whatever is loaded meanwhile.
    package func authorise(
        _ permit: Permit,
        _ endpoint: Endpoint,
        model: String,
        version: Int64?,
        choosing choice: (String) -> Int64?
    ) throws(ServingError) -> Int64? {
        var version = version
        if version == nil, dependsOnVersion(permit, model: model) { version = choice(model) }
        try authorise(permit, endpoint, model: model, version: version)
        return version
    }

    package func authoriseModelCall(_ permit: Permit, model: String, version: Int64?) throws(ServingError) {
        guard isValid(permit), shows(model: model, version: version, to: permit) else {
            throw ServingError(.notFound, "Request for unknown model: '\(model)' is not found")
        }
    }

    /// The same for what is asked of no model.
    package func authorise(_ permit: Permit, _ endpoint: Endpoint) throws(ServingError) {
        try authorise(permit, endpoint, model: nil, version: nil)
    }
}
