// SPDX-License-Identifier: Apache-2.0
package import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Which addresses a profile lets the server listen on.
package enum ListenerPolicy {
    /// - Parameters:
    ///   - address: as given on the command line: an IP address or a host name.
    ///   - flag: the flag that gave it, for the message.
    ///   - isEncrypted: whether it speaks TLS.
    ///   - lacksKeys: whether somebody gets in without a credential, or nobody has one.
    /// - Throws: `.permissionDenied` with what to do instead.
    package static func check(
        address: String,
        flag: String,
        profile: Profile,
        isEncrypted: Bool,
        lacksKeys: Bool
    ) throws(ServingError) {
        guard profile == .secure, !isLoopback(address) else { return }
        guard !isEncrypted || lacksKeys else { return }
        let missing =
            switch (isEncrypted, lacksKeys) {
            case (false, true): "TLS and keys"
            case (false, false): "TLS"
            default: "keys"
            }
        throw ServingError(
            .permissionDenied,
            "\(flag)=\(address) would let other machines reach this server without \(missing). Listen on loopback "
                + "(\(flag)=127.0.0.1), or give it certificates and make a key (buckler key create NAME), or accept an "
                + "open server with --profile=triton"
        )
    }

    /// Whether only this machine can reach `address`. A name other than `localhost` is never trusted to be local.
    package static func isLoopback(_ address: String) -> Bool {
        if address == "localhost" { return true }
        var ipv4 = in_addr()
        if inet_pton(AF_INET, address, &ipv4) == 1 { return UInt32(bigEndian: ipv4.s_addr) >> 24 == 127 }
        var ipv6 = in6_addr()
        guard inet_pton(AF_INET6, address, &ipv6) == 1 else { return false }
        let bytes = withUnsafeBytes(of: ipv6) { Array($0) }
        let isMapped = bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        if isMapped { return bytes[12] == 127 }
        return bytes[0..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
    }
}
