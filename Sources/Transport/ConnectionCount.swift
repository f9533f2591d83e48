// SPDX-License-Identifier: Apache-2.0
private import DequeModule
private import Inference
private import Synchronization

/// Open connections, in all and by address, or by what one host has of addresses: see ``ConnectionCount``. Pure:
/// ``ConnectionCount`` locks around it.
///
/// A crowd that only holds connections must not keep others out. So once three quarters of all places are taken, whoever
/// comes gets the place of the connection that has been there longest without a whole request of its own that the gate
/// let in. Connections that had one keep their places.
package struct ConnectionTally: Sendable {
    package enum Answer: Sendable, Equatable {
        case admitted(Int)
        /// In the place of another, which is to be closed and counts no more.
        case admittedInPlace(Int, of: Int)
        /// To be closed at once; it is not counted as open.
        case refused
    }

    private struct Connection: Sendable {
        var address: String
        var isProven = false
    }

    package let total: Int
    package let perAddress: Int
    package private(set) var refused: UInt64 = 0
    package private(set) var replaced: UInt64 = 0
    private var connections: [Int: Connection] = [:]
    private var byAddress: [String: Int] = [:]
    /// Those that have proven nothing, the oldest first; others may be among them and are passed over.
    private var newcomers = Deque<Int>()
    private var newcomerCount = 0
    private var lastID = 0

    package init(total: Int, perAddress: Int) {
        self.total = total
        self.perAddress = perAddress
    }

    package var open: Int { connections.count }

    /// From here on newcomers make room for each other.
    private var isNearlyFull: Bool { open >= total - total / 4 }

    package mutating func opened(from address: String) -> Answer {
        guard byAddress[address, default: 0] < perAddress else { return refuse() }
        var oldest: Int?
        if isNearlyFull, let found = oldestNewcomer() {
            closed(found)
            replaced += 1
            oldest = found
        }
        guard open < total else { return refuse() }
        lastID += 1
        connections[lastID] = Connection(address: address)
        byAddress[address, default: 0] += 1
        newcomers.append(lastID)
        newcomerCount += 1
        return oldest.map { .admittedInPlace(lastID, of: $0) } ?? .admitted(lastID)
    }

    /// It has sent a whole request that the gate let in.
    package mutating func proved(_ id: Int) {
        guard connections[id]?.isProven == false else { return }
        connections[id]?.isProven = true
        newcomerCount -= 1
        tidy()
    }

    /// Does nothing for one whose place was given to another.
    package mutating func closed(_ id: Int) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        if !connection.isProven { newcomerCount -= 1 }
        let count = byAddress[connection.address, default: 1]
        byAddress[connection.address] = count > 1 ? count - 1 : nil
        tidy()
    }

    private mutating func refuse() -> Answer {
        refused += 1
        return .refused
    }

    private mutating func oldestNewcomer() -> Int? {
        while let id = newcomers.popFirst() {
            if connections[id]?.isProven == false { return id }
        }
        return nil
    }

    /// Keeps those that are passed over from piling up.
    private mutating func tidy() {
        guard newcomers.count > 2 * newcomerCount + 64 else { return }
        newcomers.removeAll { connections[$0]?.isProven != false }
    }
}

package final class ConnectionCount: Sendable {
    private struct State: Sendable {
        var tally: ConnectionTally
        var ends: [Int: @Sendable () -> Void] = [:]
    }

    private let state: Mutex<State>

    package init(total: Int, perAddress: Int) {
        state = Mutex(State(tally: ConnectionTally(total: total, perAddress: perAddress)))
    }

    /// - Parameter end: closes the connection, if its place is wanted for another; called from any thread.
    /// - Returns: `nil` if there is no room: the connection is to be closed at once.
    package func opened(from address: String, end: @escaping @Sendable () -> Void) -> ConnectionPlace? {
        let host = Self.host(of: address)
        let (id, other) = state.withLock { state -> (Int?, (@Sendable () -> Void)?) in
            switch state.tally.opened(from: host) {
            case .refused: return (nil, nil)
            case .admitted(let id):
                state.ends[id] = end
                return (id, nil)
            case .admittedInPlace(let id, let old):
                state.ends[id] = end
                return (id, state.ends.removeValue(forKey: old))
            }
        }
        other?()
        return id.map { ConnectionPlace($0, self) }
    }

    fileprivate func proved(_ id: Int) { state.withLock { $0.tally.proved(id) } }

    fileprivate func closed(_ id: Int) {
        // What it closes over is let go of outside of the lock.
        _ = state.withLock { state in
            state.tally.closed(id)
            return state.ends.removeValue(forKey: id)
        }
    }

    /// In an IPv6 network of 64 bits a host may take as many addresses as it likes.
    private static func host(of address: String) -> String {
        guard address.utf8.contains(UInt8(ascii: ":")) else { return address }
        return IPAddress.network(of: address)?.description ?? address
    }

    package var open: Int { state.withLock { $0.tally.open } }
    package var refused: UInt64 { state.withLock { $0.tally.refused } }
}

/// One connection's place among all, given back with ``leave()``.
package final class ConnectionPlace: Sendable {
    private let id: Int
    private let count: ConnectionCount
    private let isProven = Atomic(false)

    fileprivate init(_ id: Int, _ count: ConnectionCount) {
        self.id = id
        self.count = count
    }

    /// The connection has sent a whole request that the gate let in, for something that is not everyone's.
    package func prove() {
        guard !isProven.load(ordering: .relaxed), !isProven.exchange(true, ordering: .relaxed) else { return }
        count.proved(id)
    }

    package func leave() { count.closed(id) }
}
