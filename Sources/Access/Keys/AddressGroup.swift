// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Addresses that one party can be taken to have: an IPv4 address, or the /64 of an IPv6 address, within which anyone
/// who has one has all.
package struct AddressGroup: Sendable, Hashable {
    private enum Kind: Hashable { case ipv4, ipv6, other }

    private let kind: Kind
    private let bits: UInt64

    /// Callers whose address cannot be read: all in one group.
    package static let other = AddressGroup(kind: .other, bits: 0)

    private init(kind: Kind, bits: UInt64) {
        self.kind = kind
        self.bits = bits
    }

    /// - Parameter address: without a port; a zone (`%eth0`) does not count, and an IPv4 address in IPv6 is one of IPv4.
    package init(_ address: String) {
        guard address.utf8.count <= 64 else {
            self = .other
            return
        }
        var ipv4 = in_addr()
        if inet_pton(AF_INET, address, &ipv4) == 1 {
            self.init(kind: .ipv4, bits: UInt64(UInt32(bigEndian: ipv4.s_addr)))
            return
        }
        var ipv6 = in6_addr()
        let plain = address.prefix { $0 != "%" }
        guard inet_pton(AF_INET6, String(plain), &ipv6) == 1 else {
            self = .other
            return
        }
        // SAFETY: an in6_addr is 16 bytes without padding; it is copied within the closure.
        let words = withUnsafeBytes(of: ipv6) { bytes in
            (0..<2).map { UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
        let isMapped = words[0] == 0 && words[1] >> 32 == 0xffff
        self.init(kind: isMapped ? .ipv4 : .ipv6, bits: isMapped ? words[1] & 0xffff_ffff : words[0])
    }
}
