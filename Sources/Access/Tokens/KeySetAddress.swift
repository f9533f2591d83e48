// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Where an issuer publishes its keys: only over TLS, unless it is on this machine. Whoever can change the answer can sign
/// tokens.
package struct KeySetAddress: Sendable, Equatable {
    package let url: String

    /// - Throws: `.invalidArgument` for what is not a plain `https:` address, or `http:` to loopback.
    package init(_ url: String) throws(ServingError) {
        func refused(_ why: String) -> ServingError {
            ServingError(.invalidArgument, "the address of the key set cannot be used: \(why)")
        }
        guard url.utf8.count <= 2048, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }) else {
            throw refused("it is too long, or has spaces or characters that addresses do not have")
        }
        let scheme = url.prefix { $0 != ":" }.lowercased()
        let rest = url.dropFirst(scheme.utf8.count)
        guard rest.hasPrefix("://"), scheme == "https" || scheme == "http" else {
            throw refused("write https://HOST/PATH")
        }
        let authority = rest.dropFirst(3).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { throw refused("it must not name a user") }
        let host = Self.host(of: authority)
        guard !host.isEmpty else { throw refused("it names no host") }
        guard scheme == "https" || ListenerPolicy.isLoopback(host) else {
            throw refused("it has to begin with https:// unless the host is this machine itself")
        }
        self.url = url
    }

    private static func host(of authority: Substring) -> String {
        if authority.hasPrefix("[") {
            return String(authority.dropFirst().prefix { $0 != "]" })
        }
        return String(authority.prefix { $0 != ":" })
    }
}
