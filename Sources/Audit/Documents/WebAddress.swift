// SPDX-License-Identifier: Apache-2.0

/// Whom an address names, `scheme://user@host:port/path`: what rules think of it hangs on that alone.
struct WebAddress: Equatable {
    /// In lower case; empty if nothing that could be one stands before `://`.
    let scheme: String
    /// In lower case, without the brackets of IPv6; empty if there is none.
    let host: String
    private let isIPv6: Bool

    /// - Returns: `nil` for a text that does not begin with a scheme.
    init?(_ text: some StringProtocol) {
        guard let end = text.firstRange(of: "://"), text[..<end.lowerBound].allSatisfy(Self.isOfScheme) else {
            return nil
        }
        self.init(scheme: text[..<end.lowerBound], rest: text[end.upperBound...])
    }

    private init(scheme: some StringProtocol, rest: some StringProtocol) {
        self.scheme = scheme.lowercased()
        let authority = rest.prefix { !"/?# \t\n\"'".contains($0) }
        // A user and a password may stand before the host, and a host's name within them.
        let place = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority[...]
        isIPv6 = place.hasPrefix("[")
        host = (isIPv6 ? place.dropFirst().prefix { $0 != "]" } : place.prefix { $0 != ":" }).lowercased()
    }

    /// Those in a text, wherever they begin.
    static func all(in text: String) -> [WebAddress] {
        text.ranges(of: "://").map { range in
            let scheme = text[..<range.lowerBound].reversed().prefix(while: isOfScheme).reversed()
            return WebAddress(scheme: String(scheme), rest: text[range.upperBound...])
        }
    }

    private static func isOfScheme(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "+-.".contains(character))
    }

    // MARK: what it is

    private static let plainSchemes: Set<String> = ["grpc", "ws", "ftp", "ldap", "amqp", "mqtt", "redis"]

    /// Whether who is on the way reads what is sent, and may answer.
    var isInClear: Bool { isPlainHTTP || Self.plainSchemes.contains(scheme) }

    /// `http://`, also as in `git+http://`, or right behind an option's letter: `-xhttp://`.
    var isPlainHTTP: Bool { scheme.hasSuffix("http") }

    var isLoopback: Bool { Addresses.isLoopback(host) }

    /// Whether the host is put in later, as a variable's value.
    var isOpen: Bool { host.isEmpty || host.contains { "${}*".contains($0) } }

    private static let nearEndings = [".svc", ".internal", ".local", ".localhost", ".test", ".lan"]

    /// Whether it is, as a rule, on the same machine's or cluster's network: a name without a dot, or a name
    /// or an address that no public server has.
    var isNeighbour: Bool {
        if isIPv6 { return isPrivateIPv6 }
        // Numbers are addresses too, without a dot: `http://2130706433/`.
        guard !host.isEmpty, !host.allSatisfy(\.isNumber), !host.hasPrefix("0x") else { return false }
        return !host.contains(".") || isPrivateIPv4 || Self.nearEndings.contains(where: host.hasSuffix)
    }

    /// Of RFC 1918, of a provider's own network, or of the link. With a zero before it, a number may be octal.
    private var isPrivateIPv4: Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in part.first == "0" && part != "0" ? nil : UInt8(part) }
        guard parts.count == 4, numbers.count == 4 else { return false }
        switch numbers[0] {
        case 10: return true
        case 100: return (64...127).contains(numbers[1])
        case 169: return numbers[1] == 254
        case 172: return (16...31).contains(numbers[1])
        case 192: return numbers[1] == 168
        default: return false
        }
    }

    /// Of `fc00::/7`.
    private var isPrivateIPv6: Bool {
        let first = host.prefix { $0 != ":" }
        return first.utf8.count == 4 && UInt16(first, radix: 16).map { $0 >> 9 == 0xFC >> 1 } ?? false
    }

    /// Whether `text` is the address of one who is not near, by a scheme without TLS.
    static func isFarInClear(_ text: String) -> Bool {
        WebAddress(text).map { $0.isInClear && !$0.isOpen && !$0.isLoopback && !$0.isNeighbour } ?? false
    }
}
