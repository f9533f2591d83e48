// SPDX-License-Identifier: Apache-2.0

/// What the whole server has admitted and not yet answered. Pure bookkeeping: ``Flight`` locks around it.
package struct FlightBudget: Sendable, Equatable {
    package enum Refusal: Sendable, Equatable {
        case bytes, requests
    }

    package let bytesLimit: Int
    package let requestsLimit: Int
    package private(set) var bytes = 0
    package private(set) var requests = 0

    package init(bytesLimit: Int, requestsLimit: Int) {
        self.bytesLimit = bytesLimit
        self.requestsLimit = requestsLimit
    }

    /// A share of the machine's memory, in bytes.
    package static func bytes(percent: Int, ofMemory memory: Int) -> Int {
        let share = memory.multipliedFullWidth(by: max(0, min(100, percent)))
        return Int(clamping: 100.dividingFullWidth(share).quotient)
    }

    /// - Parameter isCounted: whether it is one of the requests that are counted, and may be refused for it. A health
    ///   check must get through when the server is full, and however many watch its health, they must not fill it.
    package mutating func admit(bytes added: Int, isCounted: Bool) -> Refusal? {
        if isCounted, requests >= requestsLimit { return .requests }
        if let refusal = reserve(added) { return refusal }
        if isCounted { requests += 1 }
        return nil
    }

    package mutating func reserve(_ added: Int) -> Refusal? {
        precondition(added >= 0, "a reservation cannot be negative")
        // Written so that a hostile `added` near `Int.max` cannot overflow the sum.
        if added > bytesLimit - bytes { return .bytes }
        bytes += added
        return nil
    }

    package mutating func giveBack(_ returned: Int) {
        assert(returned >= 0 && returned <= bytes, "bytes were given back that were not reserved")
        bytes = max(0, bytes - max(0, returned))
    }

    package mutating func release(bytes returned: Int, requests done: Int) {
        assert(returned <= bytes && done <= requests, "a permit was released twice")
        bytes = max(0, bytes - returned)
        requests = max(0, requests - done)
    }
}
