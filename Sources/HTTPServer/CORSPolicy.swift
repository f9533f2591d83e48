// SPDX-License-Identifier: Apache-2.0
private import HTTPTypes
package import Hummingbird
package import Inference

/// Which sites' pages may call this server from a browser. Origins are compared as they stand, and methods and headers
/// are those that the protocol has.
package struct CORSPolicy: Sendable, Equatable {
    private static let methods = "GET, POST"
    private static let headers =
        "Authorization, Content-Encoding, Content-Type, Inference-Header-Content-Length, X-API-Key, X-Request-Id, "
        + "traceparent, tracestate"
    /// Seconds for which a browser need not ask again.
    private static let age = "600"

    /// `nil` for any.
    private let origins: Set<String>?
    private let allowsCredentials: Bool

    /// - Parameters:
    ///   - origins: each `scheme://host` or `scheme://host:port`, or `*` alone for any.
    ///   - allowsCredentials: whether browsers send cookies and client certificates along.
    /// - Throws: `.invalidArgument` for what is no origin, and for `*` together with credentials.
    package init(origins: [String], allowsCredentials: Bool) throws(ServingError) {
        self.allowsCredentials = allowsCredentials
        guard !origins.contains("*") else {
            guard origins == ["*"] else {
                throw ServingError(.invalidArgument, "--cors-origin=* leaves nothing for another --cors-origin to say")
            }
            guard !allowsCredentials else {
                throw ServingError(
                    .invalidArgument,
                    "--cors-origin=* with --cors-credentials would let every site act as whoever visits it: name the "
                        + "origins"
                )
            }
            self.origins = nil
            return
        }
        for origin in origins {
            if let why = Self.fault(in: origin) {
                throw ServingError(
                    .invalidArgument,
                    "--cors-origin=\(origin.prefix(200)) is none that browsers send: \(why)"
                )
            }
        }
        self.origins = Set(origins)
    }

    /// Why a browser would never send `text`, which is compared as it stands; `nil` if one may.
    private static func fault(in text: String) -> String? {
        guard let scheme = ["https", "http"].first(where: { text.hasPrefix($0 + "://") }) else {
            return "write https://HOST or https://HOST:PORT"
        }
        let authority = text.dropFirst(scheme.count + 3)
        let end = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : nil
        let colon = authority[(end ?? authority.startIndex)...].firstIndex(of: ":")
        let host = authority[..<(colon ?? authority.endIndex)]
        guard isHost(host) else {
            return "the host is in lower case, and nothing but a port follows, as in https://app.example.org"
        }
        guard let colon else { return nil }
        let digits = authority[authority.index(after: colon)...]
        guard let port = UInt16(digits), port > 0, String(port) == digits else { return "a port is from 1 to 65535" }
        guard port != (scheme == "https" ? 443 : 80) else {
            return "they leave out port \(port), which \(scheme) has anyway"
        }
        return nil
    }

    private static func isHost(_ host: Substring) -> Bool {
        // An address is sent in one way, whatever was typed.
        if host.hasPrefix("[") {
            let address = String(host.dropFirst().dropLast())
            return host.hasSuffix("]") && address.contains(":") && IPAddress(address)?.description == address
        }
        if let last = host.split(separator: ".").last, last.allSatisfy(\.isNumber) || last.hasPrefix("0x") {
            return IPAddress(String(host))?.description == String(host)
        }
        return !host.isEmpty
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                    UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// - Parameter origin: the value of `Origin`.
    package func grant(_ origin: String?) -> CORSGrant? {
        guard let origin else { return nil }
        guard let origins else { return CORSGrant(origin: "*", allowsCredentials: false) }
        return origins.contains(origin) ? CORSGrant(origin: origin, allowsCredentials: allowsCredentials) : nil
    }

    /// What a browser asks before it sends a request of a page, without a credential. Says nothing of the server but
    /// which sites may call it.
    /// - Returns: `nil` if `request` is something else, or comes from a site that may not.
    package func preflight(_ request: Request) -> Response? {
        guard request.method == .options, grant(request.headers[.origin]) != nil,
            request.headers[.accessControlRequestMethod] != nil
        else { return nil }
        return Response(
            status: .noContent,
            headers: [
                .accessControlAllowMethods: Self.methods, .accessControlAllowHeaders: Self.headers,
                .accessControlMaxAge: Self.age,
            ]
        )
    }

    package func apply(to response: inout Response, of request: Request) {
        guard let grant = grant(request.headers[.origin]) else {
            // A cache must not give this answer to a site that would have got another.
            if origins != nil { response.headers[.vary] = "Origin" }
            return
        }
        for field in grant.fields {
            if let name = HTTPField.Name(field.name) { response.headers[name] = field.value }
        }
    }
}
