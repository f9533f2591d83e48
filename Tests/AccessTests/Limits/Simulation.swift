// SPDX-License-Identifier: Apache-2.0
import Inference

@testable import Access

/// Who sends how to a simulated server.
struct Load: Sendable, CustomStringConvertible {
    enum Sender: Sendable {
        /// So many connections; after a refusal each waits a little and tries again.
        case closed(Int)
        /// So many requests a second.
        case open(Double)
    }

    let senders: [Sender]

    init(_ senders: Sender...) { self.senders = senders }

    var description: String { "\(senders)" }
}

/// A server with one queue, first come first served, and four places at which work is done in a millisecond.
struct Simulation {
    static let seconds = 6.0
    static let capacity = 1000.0
    private static let workers = 4
    private static let service = 0.004
    private static let pause = 0.01

    private enum Event {
        case arrival(sender: Int)
        case completion
    }

    private let load: Load
    private var shares: FairShare
    private var generator = SplitMix64(seed: 99)
    private var events: [(time: Double, event: Event)] = []
    private var queue: [(sender: Int, ticket: FairShare.Ticket)] = []
    private var working: [(sender: Int, ticket: FairShare.Ticket)] = []
    private var done: [Int]

    /// - Parameter isFair: whether contention is seen at sixteen requests, or only when the whole server is full.
    init(load: Load, isFair: Bool) {
        self.load = load
        // Without shares all go by one name: there is nobody else to be fair to.
        shares = FairShare(limit: 1024, contendedAt: isFair ? 16 : 1024)
        isNamed = isFair
        done = [Int](repeating: 0, count: load.senders.count)
    }

    private let isNamed: Bool

    mutating func run() -> [Int] {
        for (sender, kind) in load.senders.enumerated() {
            switch kind {
            case .closed(let connections):
                for _ in 0..<connections {
                    schedule(.arrival(sender: sender), at: .random(in: 0...0.01, using: &generator))
                }
            case .open: schedule(.arrival(sender: sender), at: 0)
            }
        }
        while let (time, event) = pop(), time < Self.seconds {
            switch event {
            case .arrival(let sender): arrive(sender, at: time)
            case .completion: complete(at: time)
            }
        }
        return done
    }

    private mutating func arrive(_ sender: Int, at time: Double) {
        if case .open(let rate) = load.senders[sender] {
            schedule(.arrival(sender: sender), at: time + .random(in: 0...2, using: &generator) / rate)
        }
        if let ticket = try? shares.admit(isNamed ? "\(sender)" : "all", at: instant(time)) {
            queue.append((sender, ticket))
            start(at: time)
        } else if case .closed = load.senders[sender] {
            schedule(.arrival(sender: sender), at: time + Self.pause * .random(in: 0.5...1.5, using: &generator))
        }
    }

    private mutating func complete(at time: Double) {
        let finished = working.removeFirst()
        shares.release(finished.ticket, at: instant(time))
        done[finished.sender] += 1
        if case .closed = load.senders[finished.sender] { schedule(.arrival(sender: finished.sender), at: time + 1e-5) }
        start(at: time)
    }

    private mutating func start(at time: Double) {
        while working.count < Self.workers, !queue.isEmpty {
            working.append(queue.removeFirst())
            schedule(.completion, at: time + Self.service)
        }
    }

    private func instant(_ time: Double) -> MonotonicTime { MonotonicTime(nanoseconds: UInt64((time + 1) * 1e9)) }
}

extension Simulation {
    /// A heap by time.
    private mutating func schedule(_ event: Event, at time: Double) {
        events.append((time, event))
        var child = events.count - 1
        while child > 0, events[child].time < events[(child - 1) / 2].time {
            events.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func pop() -> (time: Double, event: Event)? {
        guard !events.isEmpty else { return nil }
        events.swapAt(0, events.count - 1)
        let first = events.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < events.count && events[child].time < events[least].time {
                least = child
            }
            guard least != parent else { return first }
            events.swapAt(parent, least)
            parent = least
        }
    }
}
