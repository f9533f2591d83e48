// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Who may have how many requests in flight when there are more than the server can work on.
///
/// Up to ``contendedAt`` requests more work is done by taking more in; beyond it they only wait for one another, and
/// who has the most of them waiting gets the most done. So as soon as two principals are active, that many places are
/// divided as water finds its level: who wants less than an even share gets what he wants, and the others share
/// the rest evenly. One principal alone may fill the server to ``limit``.
package struct FairShare: Sendable {
    /// A principal's place; of use until ``release(_:at:)``.
    package struct Ticket: Sendable, Equatable {
        fileprivate let place: Int
    }

    package enum Refusal: Error, Sendable, Equatable {
        /// The server is full.
        case full
        /// The principal has its share of a server that others want, too.
        case share
    }

    private struct Entry: Sendable {
        var name: String
        var inFlight = 0
        /// The most in flight in this window and in the one before.
        var peak = 0
        var formerPeak = 0
        /// Whether it was refused in this window or in the one before: it wants more than it has.
        var isHungry = false
        var wasHungry = false
        var window: UInt64

        var isActive: Bool { inFlight > 0 || peak > 0 || formerPeak > 0 || isHungry || wasHungry }

        mutating func enter(window now: UInt64) {
            guard now > window else { return }
            let isNext = now == window + 1
            formerPeak = isNext ? max(peak, inFlight) : inFlight
            wasHungry = isNext && isHungry
            peak = inFlight
            isHungry = false
            window = now
        }
    }

    /// What a principal wants is what it had or asked for within one to two of these.
    package static let windowNanoseconds: UInt64 = 500_000_000
    /// Principals without a request in flight that are remembered. When there are more, newcomers are taken for one.
    package static let idleLimit = 4096
    private static let levelNanoseconds: UInt64 = 5_000_000
    /// With more principals than these a newcomer changes the others' share so little that it can wait.
    private static let fewPrincipals = 64
    /// Of those who came when there was no place left.
    private static let crowd = 0

    package let limit: Int
    package let contendedAt: Int
    package private(set) var inFlight = 0
    private var places: [String: Int] = [:]
    private var entries = [Entry(name: "", window: 0)]
    private var free: [Int] = []
    private var level: Int
    private var levelAt = MonotonicTime(nanoseconds: 0)
    private var isLevelOld = true

    /// - Parameters:
    ///   - limit: requests in flight of all together.
    ///   - contendedAt: as many as keep the server busy; see above.
    package init(limit: Int, contendedAt: Int) {
        self.limit = max(1, limit)
        self.contendedAt = max(1, min(contendedAt, self.limit))
        level = self.limit
    }

    package mutating func admit(_ name: String, at now: MonotonicTime) throws(Refusal) -> Ticket {
        let place = place(for: name, at: now)
        entries[place].enter(window: now.nanoseconds / Self.windowNanoseconds)
        // It wants one more than it has; this also keeps its place from being taken for an idle one below.
        entries[place].peak = max(entries[place].peak, entries[place].inFlight + 1)
        guard inFlight < limit else {
            entries[place].isHungry = true
            throw .full
        }
        findLevelIfOld(at: now)
        guard entries[place].inFlight < level else {
            entries[place].isHungry = true
            throw .share
        }
        inFlight += 1
        entries[place].inFlight += 1
        return Ticket(place: place)
    }

    package mutating func release(_ ticket: Ticket, at now: MonotonicTime) {
        assert(entries[ticket.place].inFlight > 0, "a ticket was released twice")
        entries[ticket.place].enter(window: now.nanoseconds / Self.windowNanoseconds)
        entries[ticket.place].inFlight = max(0, entries[ticket.place].inFlight - 1)
        inFlight = max(0, inFlight - 1)
    }

    /// Principals that are remembered, for tests of its memory.
    package var count: Int { places.count }
}

extension FairShare {
    private mutating func place(for name: String, at now: MonotonicTime) -> Int {
        if let place = places[name] { return place }
        if places.count >= inFlight + Self.idleLimit { findLevelIfOld(at: now) }
        guard places.count < inFlight + Self.idleLimit else { return Self.crowd }
        // The newcomer counts at once: the others' level sinks before it asks for its second place.
        if places.count < Self.fewPrincipals { isLevelOld = true }
        let entry = Entry(name: name, window: now.nanoseconds / Self.windowNanoseconds)
        let place = free.popLast() ?? entries.count
        if place == entries.count { entries.append(entry) } else { entries[place] = entry }
        places[name] = place
        return place
    }

    private mutating func findLevelIfOld(at now: MonotonicTime) {
        guard isLevelOld || now.nanoseconds(since: levelAt) >= Self.levelNanoseconds else { return }
        findLevel(at: now)
    }

    /// The level at which what all want, cut off there, adds up to ``contendedAt``. Forgets who wants nothing any more.
    private mutating func findLevel(at now: MonotonicTime) {
        levelAt = now
        isLevelOld = false
        let window = now.nanoseconds / Self.windowNanoseconds
        /// How many principals want so many; the last want more than there is.
        var wants = [Int](repeating: 0, count: contendedAt + 1)
        var active = 0
        for place in entries.indices where place == Self.crowd || !entries[place].name.isEmpty {
            entries[place].enter(window: window)
            let entry = entries[place]
            guard entry.isActive else {
                forget(place)
                continue
            }
            active += 1
            let isHungry = entry.isHungry || entry.wasHungry
            let wanted = isHungry ? contendedAt : max(entry.inFlight, entry.peak, entry.formerPeak)
            wants[min(wanted, contendedAt)] += 1
        }
        level = active > 1 ? Self.level(wants, capacity: contendedAt) ?? limit : limit
    }

    private mutating func forget(_ place: Int) {
        guard place != Self.crowd else { return }
        places[entries[place].name] = nil
        entries[place].name = ""
        free.append(place)
    }

    /// - Returns: `nil` if all get what they want; at least 1.
    private static func level(_ wants: [Int], capacity: Int) -> Int? {
        var left = capacity
        var principals = wants.reduce(0, +)
        for (wanted, count) in wants.enumerated() where count > 0 {
            if wanted * principals >= left { return max(1, (left + principals - 1) / principals) }
            left -= wanted * count
            principals -= count
        }
        return nil
    }
}
