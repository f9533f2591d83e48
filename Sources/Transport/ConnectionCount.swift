// SPDX-License-Identifier: Apache-2.0
private import Inference
private import Synchronization

/// Open connections, in all and by address, or by what one host has of addresses: see ``ConnectionCount``. Pure: ``ConnectionCount`` locks around it.
package struct ConnectionTally: Sendable, Equatable {
    package let total: Int
    package let perAddress: Int
    package private(set) var open = 0
    package private(set) var refused: UInt64 = 0
    private var byAddress: [String: Int] = [:]

    package init(total: Int, perAddress: Int) {
        self.total = total
        self.perAddress = perAddress
    }

    /// - Returns: whether there is room; if not, the connection is to be closed at once and is not counted as open.
    package mutating func opened(from address: String) -> Bool {
        guard open < total, byAddress[address, default: 0] < perAddress else {
            refused += 1
            return false
        }
        open += 1
        byAddress[address, default: 0] += 1
        return true
    }

    package mutating func closed(from address: String) {
        guard let count = byAddress[address] else { return }
        open -= 1
        byAddress[address] = count > 1 ? count - 1 : nil
    }
}

package final class ConnectionCount: Sendable {
    private let tally: Mutex<ConnectionTally>

    package init(total: Int, perAddress: Int) {
        tally = Mutex(ConnectionTally(total: total, perAddress: perAddress))
    }

    package func opened(from address: String) -> Bool {
        let host = Self.host(of: address)
        return tally.withLock { $0.opened(from: host) }
    }

    package func closed(from address: String) {
        let host = Self.host(of: address)
        tally.withLock { $0.closed(from: host) }
    }

    /// In an IPv6 network of 64 bits a host may take as many addresses as it likes.
    private static func host(of address: String) -> String {
        guard address.utf8.contains(UInt8(ascii: ":")) else { return address }
        return IPAddress.network(of: address)?.description ?? address
    }

    package var open: Int { tally.withLock { $0.open } }
    package var refused: UInt64 { tally.withLock { $0.refused } }
}
