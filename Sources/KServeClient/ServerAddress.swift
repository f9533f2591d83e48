// SPDX-License-Identifier: Apache-2.0

/// Where a KServe v2 server listens: `http://127.0.0.1:8000`, `localhost:8000`, `http://[::1]:8000/prefix`,
/// `https://host`, `grpc://127.0.0.1:8001`, `grpcs://host:8001`.
package struct ServerAddress: Sendable, Equatable, CustomStringConvertible {
    package enum Scheme: String, Sendable, CaseIterable {
        case http, grpc
        /// The same over TLS.
        case https, grpcs

        /// Triton's for gRPC, which has none of its own.
        var defaultPort: UInt16 {
            switch self {
            case .http: 80
            case .https: 443
            case .grpc, .grpcs: 8001
            }
        }

        package var isGRPC: Bool { self == .grpc || self == .grpcs }

        package var isEncrypted: Bool { self == .https || self == .grpcs }

        /// What a client offers by ALPN.
        package var applicationProtocols: [String] { isGRPC ? ["h2"] : ["http/1.1"] }
    }

    package var scheme: Scheme
    package var host: String
    package var port: Int
    /// What stands before `/v2`; empty or `/…` without a slash at its end.
    package var pathPrefix: String

    /// - Parameter defaultScheme: of an address that does not say.
    /// - Throws: ``ClientError/badAddress(_:reason:)``.
    package init(_ text: String, defaultScheme: Scheme = .http) throws(ClientError) {
        var rest = Substring(text)
        scheme = defaultScheme
        if let mark = rest.range(of: "://") {
            guard let named = Scheme(rawValue: rest[..<mark.lowerBound].lowercased()) else {
                throw .badAddress(text, reason: "only http://, https://, grpc:// and grpcs:// are spoken here")
            }
            scheme = named
            rest = rest[mark.upperBound...]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = rest[slash...]
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .badAddress(text, reason: "a path has no spaces or control characters")
        }
        pathPrefix = String(path.last == "/" ? path.dropLast() : path)
        guard !scheme.isGRPC || pathPrefix.isEmpty else {
            throw .badAddress(text, reason: "gRPC has no path before its methods")
        }
        guard !rest[..<slash].contains("@") else {
            let shown = "\(scheme)://…@" + (rest[..<slash].split(separator: "@").last ?? "")
            throw .badAddress(shown, reason: "it names a user, and a key is given by BUCKLER_API_KEY or --api-key-file")
        }
        (host, port) = try Self.hostAndPort(rest[..<slash], defaultPort: scheme.defaultPort, of: text)
    }

    private static func hostAndPort(
        _ authority: Substring,
        defaultPort: UInt16,
        of text: String
    ) throws(ClientError) -> (String, Int) {
        var host = authority
        var portText = Substring(String(defaultPort))
        // The colons inside the brackets of an IPv6 address are its own.
        let searchable = authority.firstIndex(of: "]").map { authority[$0...] } ?? authority
        if let colon = searchable.lastIndex(of: ":") {
            portText = authority[authority.index(after: colon)...]
            host = authority[..<colon]
        }
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "@") }) else {
            throw .badAddress(text, reason: "a host is missing")
        }
        guard let port = UInt16(portText), port > 0 else {
            throw .badAddress(text, reason: "the port is a number from 1 to 65535")
        }
        return (String(host), Int(port))
    }

    /// The same place, spoken to in gRPC instead of HTTP or the other way round.
    var inOtherProtocol: ServerAddress {
        var other = self
        other.scheme =
            switch scheme {
            case .http: .grpc
            case .https: .grpcs
            case .grpc: .http
            case .grpcs: .https
            }
        if other.scheme.isGRPC { other.pathPrefix = "" }
        return other
    }

    package var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    package var description: String { "\(scheme)://\(authority)\(pathPrefix)" }
}

extension Substring {
    fileprivate func range(of needle: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
            start = index(after: start)
        }
        return nil
    }
}
