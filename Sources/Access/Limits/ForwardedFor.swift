// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Who is behind the proxies that are trusted to say so, by `X-Forwarded-For`.
///
/// Every proxy writes the address that it was called from at the end of the list. So it is read from its end, and only
/// as long as the one who wrote is trusted; what stands further left anyone can have made up.
package struct ForwardedFor: Sendable, Equatable {
    /// Proxies in a row; more are not believed.
    package static let hopLimit = 32

    package let trusted: [AddressBlock]

    package init(trusted: [AddressBlock]) { self.trusted = trusted }

    /// - Parameters:
    ///   - peer: the address at the other end of the connection.
    ///   - fields: the values of all `X-Forwarded-For` fields, in their order.
    /// - Returns: `peer` if it is no trusted proxy, sent no such field, or a trusted proxy's part of it is no address.
    package func client(peer: IPAddress, fields: [String]) -> IPAddress {
        guard !trusted.isEmpty, isTrusted(peer) else { return peer }
        var furthest = peer
        var hops = 0
        for field in fields.reversed() {
            var rest = field.utf8[...]
            while true {
                hops += 1
                guard hops <= Self.hopLimit else { return peer }
                let comma = rest.lastIndex(of: UInt8(ascii: ","))
                let hop = comma.map { rest[rest.index(after: $0)...] } ?? rest
                guard let address = Self.address(of: Substring(hop)) else { return peer }
                if !isTrusted(address) { return address }
                furthest = address
                guard let comma else { break }
                rest = rest[..<comma]
            }
        }
        return furthest
    }

    private func isTrusted(_ address: IPAddress) -> Bool { trusted.contains { $0.contains(address) } }

    /// Some proxies add a port: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
    private static func address(of hop: Substring) -> IPAddress? {
        var hop = hop.drop { $0 == " " || $0 == "\t" }
        while let last = hop.last, last == " " || last == "\t" { hop.removeLast() }
        if let address = IPAddress(hop) { return address }
        if hop.first == "[" {
            guard let end = hop.firstIndex(of: "]") else { return nil }
            let rest = hop[hop.index(after: end)...]
            guard rest.isEmpty || isPort(rest), let address = IPAddress(hop[..<end].dropFirst()),
                hop[..<end].contains(":")
            else { return nil }
            return address
        }
        guard let colon = hop.firstIndex(of: ":"), isPort(hop[colon...]) else { return nil }
        return IPAddress(hop[..<colon])
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && UInt16(text.dropFirst()) != nil
            && text.utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }
}
