// SPDX-License-Identifier: Apache-2.0
package import Inference
internal import Synchronization

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

    let parts: Parts
    let rates: Mutex<RateTable>
    let shares: Mutex<FairShare>

    package init(_ parts: Parts) {
        self.parts = parts
        rates = Mutex(RateTable(concurrentRequestsPerModel: parts.concurrentRequestsPerModel))
        shares = Mutex(FairShare(limit: parts.requestLimit, contendedAt: parts.contendedAt))
    }

    /// What is admitted at the moment.
    package var inFlight: (requests: Int, bytes: Int) { parts.flight.inFlight }

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
        var isOutOfReach = false
        do throws(ServingError) {
            guard isValid(permit) else { throw Self.unauthenticated }
            try requireScope(of: endpoint, guest.caller)
            guard let model else { return try requireAllModels(for: endpoint, guest.caller) }
            guest.state.withLock { $0.model = (model, version) }
            isOutOfReach = !guest.caller.grant.reaches(model: model, version: version)
            guard !isOutOfReach else { throw Self.unknown(model, endpoint) }
            if endpoint.isInference { try enter(model, guest) }
        } catch {
            var conclusion = Conclusion(endpoint, model: model, version: version, status: 0)
            conclusion.status = status(error, guest.arrival.transport)
            guest.state.withLock { $0.tell(model, status: conclusion.status) }
            note(.deny, guest, conclusion, isOutOfReach ? "model out of reach" : error.message)
            throw error
        }
    }

    package func dependsOnVersion(_ permit: Permit, model: String) -> Bool {
        (permit.visit as? Guest)?.caller.grant.dependsOnVersion(ofModel: model) == true
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
        note(.deny, guest, conclusion, "model out of reach, \(Self.calledByModel)")
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
