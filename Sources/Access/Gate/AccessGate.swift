// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The gate of a server that knows its callers: who it is, whether he may, how much of it, and a line of it in the
/// audit log. What each part decides is in a value of its own; here they are asked in turn.
package final class AccessGate: Gate {
    package struct Parts: Sendable {
        package var authenticator: Authenticator
        package var flight: Flight
        package var ledger: LedgerWriter?
        package var proxies: ForwardedFor
        /// Besides those that are everyone's; each is an operator's explicit decision.
        package var openEndpoints: Set<Endpoint> = []
        package var requestLimit: Int
        package var contendedAt: Int
        package var concurrentRequestsPerModel: Int?
        /// Holds where a credential says nothing of its own.
        package var defaultRate = RateRule.unlimited

        package init(
            authenticator: Authenticator,
            flight: Flight,
            ledger: LedgerWriter?,
            proxies: ForwardedFor = ForwardedFor(trusted: []),
            requestLimit: Int,
            contendedAt: Int
        ) {
            self.authenticator = authenticator
            self.flight = flight
            self.ledger = ledger
            self.proxies = proxies
            self.requestLimit = requestLimit
            self.contendedAt = contendedAt
        }
    }

    private let parts: Parts
    private let rates: Mutex<RateTable>
    private let shares: Mutex<FairShare>

    package init(_ parts: Parts) {
        self.parts = parts
        rates = Mutex(RateTable(concurrentRequestsPerModel: parts.concurrentRequestsPerModel))
        shares = Mutex(FairShare(limit: parts.requestLimit, contendedAt: parts.contendedAt))
    }

    /// What is admitted at the moment.
    package var inFlight: (requests: Int, bytes: Int) { parts.flight.inFlight }

    // MARK: one request

    package func admit(_ arrival: Arrival) throws(ServingError) -> Permit {
        let now = MonotonicTime.now()
        let address = clientAddress(of: arrival.remoteAddress, forwardedFor: arrival.forwardedFor)
        let caller: Caller
        do throws(Authenticator.Refusal) {
            caller = try parts.authenticator.caller(
                arrival.credentials,
                certificate: arrival.certificate,
                from: address,
                at: Self.seconds(),
                now: now
            )
        } catch {
            // Whoever asks whether the server is up is told so, whatever else was shown.
            if isOpen(arrival.endpoint) { return try parts.flight.admit(arrival, as: .anonymous) }
            throw refused(arrival, address, error)
        }
        let guest = Guest(caller, arrival, address: address, began: now)
        do throws(ServingError) {
            if !isOpen(arrival.endpoint) {
                try parts.ledger?.check()
                try requireScope(of: arrival.endpoint, caller)
            }
            // A stream of requests is counted by them; one of anything else also for itself, at its beginning.
            if !arrival.isStream || !arrival.endpoint.isInference { try count(guest, at: now) }
            if arrival.isStream { uncount(guest, at: now) }
            do throws(ServingError) {
                return try parts.flight.admit(arrival, as: caller.principal, visit: guest)
            } catch {
                uncount(guest, at: now)
                throw error
            }
        } catch {
            note(.deny, guest, Conclusion(arrival.endpoint, status: status(error, arrival.transport)), error.message)
            throw error
        }
    }

    package func authorise(
        _ permit: Permit,
        _ endpoint: Endpoint,
        model: String?,
        version: Int64?
    ) throws(ServingError) {
        guard let guest = permit.visit as? Guest else { throw Self.unauthenticated }
        do throws(ServingError) {
            guard isValid(permit) else { throw Self.unauthenticated }
            try requireScope(of: endpoint, guest.caller)
            guard let model else { return }
            guest.state.withLock { $0.model = (model, version) }
            guard guest.caller.grant.reaches(model: model, version: version) else {
                throw Self.unknown(model, endpoint)
            }
            if endpoint.isInference { try enter(model, guest) }
        } catch {
            var conclusion = Conclusion(endpoint, model: model, version: version, status: 0)
            conclusion.status = status(error, guest.arrival.transport)
            guest.state.withLock { $0.tell(model, status: conclusion.status) }
            note(.deny, guest, conclusion, error.code == .notFound ? "model out of reach" : error.message)
            throw error
        }
    }

    package func authoriseModelCall(_ permit: Permit, model: String, version: Int64?) throws(ServingError) {
        guard let guest = permit.visit as? Guest else { throw Self.unknown(model, .infer) }
        if isValid(permit), guest.caller.grant.scopes.contains(.infer),
            shows(model: model, version: version, to: permit)
        {
            return
        }
        let error = Self.unknown(model, .infer)
        let conclusion = Conclusion(
            .infer,
            model: model,
            version: version,
            status: status(error, guest.arrival.transport)
        )
        note(.deny, guest, conclusion, "model out of reach, called by a model")
        throw error
    }

    package func shows(model: String, version: Int64?, to permit: Permit) -> Bool {
        guard let guest = permit.visit as? Guest else { return false }
        guard let version else { return guest.caller.grant.reaches(model: model) }
        return guest.caller.grant.reaches(model: model, version: version)
    }

    package func isValid(_ permit: Permit) -> Bool {
        guard let guest = permit.visit as? Guest else { return true }
        return !guest.caller.isRevoked && !guest.caller.isExpired(at: Self.seconds())
    }

    package func begin(_ permit: inout Permit) throws(ServingError) {
        guard let guest = permit.visit as? Guest else { return try parts.flight.begin(&permit) }
        let now = MonotonicTime.now()
        do throws(ServingError) {
            try parts.ledger?.check()
            try count(guest, at: now)
            do throws(ServingError) {
                try parts.flight.begin(&permit)
            } catch {
                uncount(guest, at: now)
                throw error
            }
        } catch {
            let status = status(error, guest.arrival.transport)
            guest.state.withLock { $0.tell(nil, status: status) }
            note(.deny, guest, Conclusion(guest.arrival.endpoint, status: status), error.message)
            throw error
        }
    }

    package func end(_ permit: inout Permit) {
        parts.flight.end(&permit)
        if let guest = permit.visit as? Guest { uncount(guest, at: .now()) }
    }

    package func reserve(_ bytes: Int, for permit: inout Permit) throws(ServingError) {
        try parts.flight.reserve(bytes, for: &permit)
    }

    package func giveBack(_ bytes: Int, of permit: inout Permit) { parts.flight.giveBack(bytes, of: &permit) }

    package func conclude(_ permit: Permit, _ conclusion: Conclusion) {
        guard let guest = permit.visit as? Guest else { return }
        charge(max(conclusion.bytesIn, conclusion.bytesRead), to: guest)
        var conclusion = conclusion
        let isTold = guest.state.withLock { state in
            if conclusion.model == nil, !guest.arrival.isStream, let model = state.model {
                (conclusion.model, conclusion.version) = model
                if let served = state.served {
                    (conclusion.version, conclusion.digest) = (served.version, served.digest)
                }
            }
            return state.wasTold(conclusion.model, status: conclusion.status)
        }
        guard !isTold else { return }
        note(conclusion.endpoint.isAdministrative ? .act : .allow, guest, conclusion, nil)
    }

    package func release(_ permit: Permit) {
        parts.flight.release(permit)
        guard let guest = permit.visit as? Guest else { return }
        let now = MonotonicTime.now()
        while uncount(guest, at: now) {}
    }
}

// MARK: - Who may

extension AccessGate {
    private func isOpen(_ endpoint: Endpoint) -> Bool {
        endpoint.isOpen || parts.openEndpoints.contains(endpoint)
    }

    private func requireScope(of endpoint: Endpoint, _ caller: Caller) throws(ServingError) {
        guard let scope = endpoint.scope, !isOpen(endpoint), !caller.grant.scopes.contains(scope) else { return }
        throw ServingError(
            .permissionDenied,
            "the credential does not have the scope '\(scope.rawValue)', which this takes",
            reason: .rejected
        )
    }

    /// The same for every credential that is not good, whatever is wrong with it.
    private static let unauthenticated: ServingError = {
        var error = ServingError(
            .unauthenticated,
            "a valid credential is needed: send an API key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'",
            reason: .rejected
        )
        error.fields = [AnswerField("WWW-Authenticate", "Bearer")]
        return error
    }()

    /// A model that a caller may not see looks like one that there is not.
    private static func unknown(_ model: String, _ endpoint: Endpoint) -> ServingError {
        switch endpoint {
        case .load:
            let name = "failed to load '\(model)'"
            return ServingError(
                .notFound,
                "\(name), failed to poll from model repository: \(name), no such model in any model repository"
            )
        case .statistics: return ServingError(.invalidArgument, "requested model '\(model)' is not available")
        default: return ServingError(.notFound, "Request for unknown model: '\(model)' is not found")
        }
    }

    private func refused(_ arrival: Arrival, _ address: String, _ refusal: Authenticator.Refusal) -> ServingError {
        var error = Self.unauthenticated
        if case .throttled(let seconds) = refusal {
            error = ServingError(
                .resourceExhausted,
                "too many credentials that are not valid came from this address, try again later",
                reason: .rejected
            )
            error.fields = [AnswerField("Retry-After", "\(seconds)")]
        }
        append(
            LedgerEntry(
                decision: .deny,
                requestID: arrival.requestID ?? "",
                principal: Principal.anonymous.name,
                keyID: refusal.claimedKey,
                address: address,
                route: arrival.endpoint.rawValue,
                protocolName: arrival.transport.rawValue,
                status: status(error, arrival.transport),
                reason: refusal.reason
            )
        )
        return error
    }

    func clientAddress(of remoteAddress: String, forwardedFor: String?) -> String {
        guard let forwarded = forwardedFor, !parts.proxies.trusted.isEmpty, let peer = IPAddress(remoteAddress)
        else { return remoteAddress }
        return parts.proxies.client(peer: peer, fields: [forwarded]).description
    }

    private static func seconds() -> Int64 { Int64(time(nil)) }
}

// MARK: - How much

extension AccessGate {
    private func count(_ guest: Guest, at now: MonotonicTime) throws(ServingError) {
        guard !isOpen(guest.arrival.endpoint) else { return }
        let caller = guest.caller
        let isInference = guest.arrival.endpoint.isInference
        let rule = caller.rate.filled(with: parts.defaultRate)
        var rate: RateTable.Ticket?
        if !rule.isUnlimited || (isInference && parts.concurrentRequestsPerModel != nil) {
            do throws(RateRefusal) {
                rate = try rates.withLock { rates throws(RateRefusal) in
                    try rates.admit(Self.subject(guest), rule: rule, at: now)
                }
            } catch {
                throw Self.limited(error)
            }
        }
        guard isInference else {
            if let rate { guest.state.withLock { $0.push(Guest.Tickets(rate: rate)) } }
            return
        }
        do throws(FairShare.Refusal) {
            let share = try shares.withLock { shares throws(FairShare.Refusal) in
                try shares.admit(caller.principal.name, at: now)
            }
            guest.state.withLock { $0.push(Guest.Tickets(rate: rate, share: share)) }
        } catch {
            if let rate { rates.withLock { $0.release(rate) } }
            throw Self.crowded(error)
        }
    }

    /// - Returns: whether there was a request to be counted no more.
    @discardableResult
    private func uncount(_ guest: Guest, at now: MonotonicTime) -> Bool {
        guard let tickets = guest.state.withLock({ $0.pop() }) else { return false }
        if let rate = tickets.rate {
            rates.withLock { rates in
                if let model = tickets.model { rates.leave(model: model, rate) }
                rates.release(rate)
            }
        }
        if let share = tickets.share { shares.withLock { $0.release(share, at: now) } }
        return true
    }

    private func enter(_ model: String, _ guest: Guest) throws(ServingError) {
        guard parts.concurrentRequestsPerModel != nil, let ticket = guest.state.withLock({ $0.rateTicket }) else {
            return
        }
        do throws(RateRefusal) {
            try rates.withLock { rates throws(RateRefusal) in try rates.enter(model: model, ticket) }
        } catch {
            throw Self.limited(error)
        }
        guest.state.withLock { $0.enter(model: model) }
    }

    private func charge(_ bytes: Int, to guest: Guest) {
        let rule = guest.caller.rate.filled(with: parts.defaultRate)
        guard bytes > 0, rule.bytesPerSecond != nil else { return }
        rates.withLock { $0.charge(bytes: bytes, to: Self.subject(guest), rule: rule, at: .now()) }
    }

    /// Whoever shows no credential is told from others by his address, as far as that can be read.
    private static func subject(_ guest: Guest) -> RateSubject {
        let principal = guest.caller.principal
        guard principal == .anonymous, let network = IPAddress.network(of: guest.address) else {
            return .principal(principal.name)
        }
        return .address(network)
    }

    private static func limited(_ refusal: RateRefusal) -> ServingError {
        var error = ServingError(
            .resourceExhausted,
            "the limit '\(refusal.limit.rawValue)' of \(refusal.quota) is reached, try again in "
                + "\(refusal.retryAfterSeconds) s",
            reason: .rejected
        )
        error.fields = refusal.fields.map { AnswerField($0.name, $0.value) }
        return error
    }

    private static func crowded(_ refusal: FairShare.Refusal) -> ServingError {
        switch refusal {
        case .full:
            return ServingError(
                .unavailable,
                "the server has too many requests in flight, try again later",
                reason: .rejected
            )
        case .share:
            var error = ServingError(
                .resourceExhausted,
                "others want the server too, and this caller has its share of it, try again later",
                reason: .rejected
            )
            error.fields = [AnswerField("Retry-After", "1")]
            return error
        }
    }
}

// MARK: - The audit log

extension AccessGate {
    private func note(_ decision: LedgerEntry.Decision, _ guest: Guest, _ conclusion: Conclusion, _ reason: String?) {
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

    private func status(_ error: ServingError, _ transport: Arrival.Transport) -> Int {
        transport == .grpc ? error.code.grpcStatus : error.code.httpStatus
    }

}
