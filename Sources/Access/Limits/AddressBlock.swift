// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Addresses with the same beginning, in CIDR notation: `10.0.0.0/8`, `fd00::/8`, or one address alone.
package struct AddressBlock: Sendable, Hashable, CustomStringConvertible {
    package let first: IPAddress
    package let length: Int

    /// - Throws: `.invalidArgument` for what is no such block, and for bits set behind its length: who writes
    ///   `10.1.2.3/8` may have meant one address.
    package init(_ text: String) throws(ServingError) {
        func refused(_ why: String) -> ServingError {
            ServingError(.invalidArgument, "'\(text.prefix(64))' is not a block of addresses: \(why)")
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { throw refused("write ADDRESS or ADDRESS/LENGTH") }
        first = address
        guard parts.count == 2 else {
            length = address.bits
            return
        }
        guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let written = Int(parts[1])
        else { throw refused("its length is not a number") }
        // An IPv4 block may be written in IPv6's notation, where 96 bits stand before it.
        let isMapped = address.family == .ipv4 && parts[0].contains(":")
        length = isMapped ? written - 96 : written
        guard (0...address.bits).contains(length) else {
            throw refused("its length is not one that its addresses have")
        }
        guard address.prefix(length) == address else {
            throw refused("it has bits behind its length; write \(address.prefix(length))/\(length)")
        }
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.family == first.family && address.prefix(length) == first
    }

    package var description: String { "\(first)/\(length)" }
}
