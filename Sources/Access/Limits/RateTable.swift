// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Whose traffic is counted together.
package enum RateSubject: Sendable, Hashable {
    case principal(String)
    /// Callers without a credential, by their network: see ``IPAddress/network``.
    case address(IPAddress)
}

/// What every caller has used: requests, bytes, and what is in flight.
///
/// It keeps at most ``capacity`` callers. When it is full a newcomer takes the place of the one whose buckets are full
/// again first, out of ``sampleSize`` looked at, requests in flight excepted. Who is full loses nothing; who is
/// not would get a fresh bucket, and so the choice falls on who gains least by it. To have his own place taken, an attacker
/// with an empty bucket would need most of the table filled by callers as empty as he: he would have had to use
/// up all of their buckets, which is more than he could win.
package struct RateTable: Sendable {
    /// A caller's place; of use until ``release(_:)``.
    package struct Ticket: Sendable, Equatable {
        fileprivate let place: Int
    }

    private struct Entry: Sendable {
        var subject: RateSubject
        var requests: TokenBucket?
        var bytes: TokenBucket?
        var inFlight = 0
        /// When no bucket would differ from a new one.
        var fullAt: MonotonicTime
    }

    private struct ModelUse: Sendable, Hashable {
        var place: Int
        var model: String
    }

    package static let sampleSize = 16

    package let capacity: Int
    /// Of one principal on one model; `nil` for no such limit.
    package let concurrentRequestsPerModel: Int?
    private var places: [RateSubject: Int] = [:]
    private var entries: [Entry] = []
    /// Only what is in flight, so that it is as small as the server's own limit.
    private var modelUses: [ModelUse: Int] = [:]
    /// Whom it picks has to be hard to foresee, not impossible.
    private var random: SplitMix64

    /// - Parameter seed: of the choice whom to look at; unknown to callers.
    package init(
        capacity: Int = 65_536,
        concurrentRequestsPerModel: Int? = nil,
        seed: UInt64 = .random(in: .min ... .max)
    ) {
        precondition(capacity > 0, "a table without room")
        self.capacity = capacity
        self.concurrentRequestsPerModel = concurrentRequestsPerModel
        random = SplitMix64(seed: seed)
    }

    /// Callers that are kept count of.
    package var count: Int { entries.count }

    /// One more request of `subject`. Counts it as in flight until ``release(_:)``.
    package mutating func admit(
        _ subject: RateSubject,
        rule: RateRule,
        at now: MonotonicTime
    ) throws(RateRefusal) -> Ticket {
        guard let place = place(for: subject, at: now) else {
            throw RateRefusal(.callers, quota: Double(capacity), remaining: 0, windowSeconds: nil, retryAfter: 1)
        }
        if let most = rule.concurrentRequests, entries[place].inFlight >= most {
            throw RateRefusal(.concurrentRequests, quota: Double(most), remaining: 0, windowSeconds: nil, retryAfter: 1)
        }
        if let rate = rule.byteRate, var bucket = entries[place].bytes {
            // What the requests before this one brought is paid off first.
            let wait = bucket.take(0, rate: rate, at: now)
            entries[place].bytes = bucket
            if let wait { throw RateRefusal(.bytes, rate: rate, level: bucket.level, retryAfter: wait) }
        }
        if let rate = rule.requestRate {
            var bucket = entries[place].requests ?? TokenBucket(rate: rate, at: now)
            let wait = bucket.take(1, rate: rate, at: now)
            entries[place].requests = bucket
            noteFull(place, bucket.secondsUntilFull(rate: rate), at: now)
            if let wait { throw RateRefusal(.requests, rate: rate, level: bucket.level, retryAfter: wait) }
        } else {
            entries[place].requests = nil
        }
        entries[place].inFlight += 1
        return Ticket(place: place)
    }

    /// Bytes that a request has brought. How many there are is known for certain when they are there: whoever brought more
    /// than he may has his next request refused.
    package mutating func charge(bytes: Int, to subject: RateSubject, rule: RateRule, at now: MonotonicTime) {
        guard let rate = rule.byteRate, let place = place(for: subject, at: now) else { return }
        var bucket = entries[place].bytes ?? TokenBucket(rate: rate, at: now)
        bucket.charge(Double(bytes), rate: rate, at: now)
        entries[place].bytes = bucket
        noteFull(place, bucket.secondsUntilFull(rate: rate), at: now)
    }

    /// The request goes to `model`, until ``leave(model:_:)``.
    package mutating func enter(model: String, _ ticket: Ticket) throws(RateRefusal) {
        guard let most = concurrentRequestsPerModel else { return }
        let used = modelUses[ModelUse(place: ticket.place, model: model), default: 0]
        guard used < most else {
            throw RateRefusal(
                .concurrentModelRequests,
                quota: Double(most),
                remaining: 0,
                windowSeconds: nil,
                retryAfter: 1
            )
        }
        modelUses[ModelUse(place: ticket.place, model: model)] = used + 1
    }

    package mutating func leave(model: String, _ ticket: Ticket) {
        guard concurrentRequestsPerModel != nil else { return }
        let use = ModelUse(place: ticket.place, model: model)
        let used = modelUses[use] ?? 0
        assert(used > 0, "a model was left that was not entered")
        modelUses[use] = used > 1 ? used - 1 : nil
    }

    package mutating func release(_ ticket: Ticket) {
        assert(entries[ticket.place].inFlight > 0, "a ticket was released twice")
        entries[ticket.place].inFlight = max(0, entries[ticket.place].inFlight - 1)
    }
}

extension RateTable {
    private mutating func place(for subject: RateSubject, at now: MonotonicTime) -> Int? {
        if let place = places[subject] { return place }
        let entry = Entry(subject: subject, fullAt: now)
        if entries.count < capacity {
            places[subject] = entries.count
            entries.append(entry)
            return entries.count - 1
        }
        guard let place = leastLoss() else { return nil }
        places[entries[place].subject] = nil
        places[subject] = place
        entries[place] = entry
        return place
    }

    private mutating func leastLoss() -> Int? {
        var found: Int?
        for _ in 0..<Self.sampleSize {
            let place = Int(truncatingIfNeeded: random.next().multipliedFullWidth(by: UInt64(entries.count)).high)
            guard entries[place].inFlight == 0 else { continue }
            if let best = found, entries[best].fullAt <= entries[place].fullAt { continue }
            found = place
        }
        return found
    }

    private mutating func noteFull(_ place: Int, _ seconds: Double, at now: MonotonicTime) {
        let nanoseconds = seconds < 1e9 ? UInt64(seconds * 1e9) : .max
        entries[place].fullAt = max(entries[place].fullAt, now.advanced(byNanoseconds: nanoseconds))
    }
}

extension RateRule {
    /// Without a burst of its own, as much at once as comes in a second.
    package var requestRate: BucketRate? {
        requestsPerSecond.map { BucketRate(perSecond: $0, burst: burst ?? $0) }
    }

    /// Its burst is what comes in a second.
    package var byteRate: BucketRate? {
        bytesPerSecond.map { BucketRate(perSecond: $0, burst: $0) }
    }
}

extension RateRefusal {
    fileprivate init(_ limit: Limit, rate: BucketRate, level: Double, retryAfter seconds: Double) {
        self.init(
            limit,
            quota: rate.burst,
            remaining: level,
            windowSeconds: rate.burst / rate.perSecond,
            retryAfter: seconds
        )
    }
}
