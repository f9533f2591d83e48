// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Synchronization

/// How much.
extension AccessGate {
    func count(_ guest: Guest, at now: MonotonicTime) throws(ServingError) {
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
    func uncount(_ guest: Guest, at now: MonotonicTime) -> Bool {
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

    func enter(_ model: String, _ guest: Guest) throws(ServingError) {
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

    func charge(_ bytes: Int, to guest: Guest) {
        let rule = guest.caller.rate.filled(with: parts.defaultRate)
        guard bytes > 0, rule.bytesPerSecond != nil else { return }
        rates.withLock { $0.charge(bytes: bytes, to: Self.subject(guest), rule: rule, at: .now()) }
    }

    /// Whoever shows no credential is told from others by his address, as far as that can be read.
    static func subject(_ guest: Guest) -> RateSubject {
        let principal = guest.caller.principal
        guard principal == .anonymous, let network = IPAddress.network(of: guest.address) else {
            return .principal(principal.name)
        }
        return .address(network)
    }

    static func limited(_ refusal: RateRefusal) -> ServingError {
        var error = ServingError(
            .resourceExhausted,
            "the limit '\(refusal.limit.rawValue)' of \(refusal.quota) is reached, try again in "
                + "\(refusal.retryAfterSeconds) s",
            reason: .rejected
        )
        error.fields = refusal.fields.map { AnswerField($0.name, $0.value) }
        return error
    }

    static func crowded(_ refusal: FairShare.Refusal) -> ServingError {
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
