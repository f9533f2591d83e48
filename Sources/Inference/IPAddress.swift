// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// An address without port or zone. An IPv4 address that is written as an IPv6 one (`::ffff:192.0.2.1`) is the IPv4 address.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    package enum Family: Sendable, Hashable {
        case ipv4, ipv6
    }

    package let family: Family
    /// The first 64 bits; of an IPv4 address, its 32 bits and then zeros.
    package let high: UInt64
    package let low: UInt64

    private init(family: Family, high: UInt64, low: UInt64) {
        self.family = family
        self.high = high
        self.low = low
    }

    /// - Parameter text: numeric, without brackets; a zone (`%eth0`) is not part of an address and refused.
    package init?(_ text: some StringProtocol) {
        // A zero byte would end the text early for the C function.
        guard (2...45).contains(text.utf8.count), !text.utf8.contains(0) else { return nil }
        let text = String(text)
        var ipv4 = in_addr()
        if inet_pton(AF_INET, text, &ipv4) == 1 {
            self.init(family: .ipv4, high: UInt64(UInt32(bigEndian: ipv4.s_addr)) << 32, low: 0)
            return
        }
        var ipv6 = in6_addr()
        guard inet_pton(AF_INET6, text, &ipv6) == 1 else { return nil }
        let (high, low) = withUnsafeBytes(of: ipv6) {
            (
                UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        if high == 0, low >> 32 == 0xffff {
            self.init(family: .ipv4, high: low << 32, low: 0)
        } else {
            self.init(family: .ipv6, high: high, low: low)
        }
    }

    package var bits: Int { family == .ipv4 ? 32 : 128 }

    /// What one customer of a network has at least: an IPv4 address, or the /64 of an IPv6 one, in which anyone
    /// can take as many addresses as he likes.
    package var network: IPAddress { family == .ipv4 ? self : IPAddress(family: .ipv6, high: high, low: 0) }

    /// The network of an address that may have a zone (`%eth0`); `nil`, one for all of them, if it cannot be read.
    package static func network(of address: String) -> IPAddress? {
        IPAddress(address.prefix { $0 != "%" })?.network
    }

    /// The address with all bits behind the first `length` cleared.
    package func prefix(_ length: Int) -> IPAddress {
        IPAddress(
            family: family,
            high: high & Self.mask(length),
            low: low & Self.mask(length - 64)
        )
    }

    private static func mask(_ length: Int) -> UInt64 {
        length <= 0 ? 0 : length >= 64 ? .max : .max << UInt64(64 - length)
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        if family == .ipv4 {
            var address = in_addr(s_addr: UInt32(truncatingIfNeeded: high >> 32).bigEndian)
            _ = inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
        } else {
            var halves = (high.bigEndian, low.bigEndian)
            _ = inet_ntop(AF_INET6, &halves, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
