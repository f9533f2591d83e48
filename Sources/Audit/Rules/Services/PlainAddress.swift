// SPDX-License-Identifier: Apache-2.0

/// Addresses to which data goes unencrypted.
enum PlainAddress {
    /// `http://` to a host that is not this machine, and not one that only a network of one's own has a name for.
    static func isPlain(_ address: String) -> Bool {
        let lower = address.lowercased()
        guard let scheme = ["http://", "ws://", "ftp://", "grpc://"].first(where: lower.hasPrefix) else { return false }
        let authority = lower.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        // A user may stand before the host.
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        if host.hasPrefix("[") { return !host.hasPrefix("[::1]") }
        return isFar(host.prefix { $0 != ":" })
    }

    private static let nearEndings = [".local", ".internal", ".localhost", ".svc", ".test", ".lan"]

    private static func isFar(_ host: Substring) -> Bool {
        // What is put in later is not known.
        guard host.contains("."), !host.contains("{"), !host.contains("$"), !host.contains("*") else { return false }
        return !Addresses.isLoopback(String(host)) && !nearEndings.contains(where: host.hasSuffix)
    }
}
