// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOHPACK
package import Transport

/// What the headers of a call say, checked as far as they can be without knowing the method.
package struct CallHeaders: Sendable {
    /// Why a request is not a call that can be answered with a method.
    package enum Refusal: Error, Sendable, Equatable {
        /// Not gRPC: answered with a status of HTTP and nothing else.
        case http(Int)
        case status(RPCStatus)
        /// The client has to be told which codings there are.
        case unknownEncoding(RPCStatus)
    }

    package var path = ""
    /// The name that the client calls the server by.
    package var authority: String?
    package var metadata: [(name: String, value: String)] = []
    package var timeoutNanoseconds: UInt64?
    /// How the client's compressed messages are compressed.
    package var coding = ContentCoding.identity
    /// What the client can read, the better one if it knows both.
    package var acceptedCoding: ContentCoding?
    package var credentials = Credentials()
    /// `x-forwarded-for`; the values of several headers in one list.
    package var forwardedFor: String?
    package var requestID: String?

    package init(_ headers: HPACKHeaders, limits: ConnectionLimits) throws(Refusal) {
        guard headers.count <= limits.headerCount else {
            throw .status(
                RPCStatus(
                    .resourceExhausted,
                    "the call has more than \(limits.headerCount) headers: --max-header-count is the limit"
                )
            )
        }
        var method = ""
        var contentType = ""
        var encoding: String?
        var timeout: String?
        for (name, value, _) in headers {
            guard name.utf8.count + value.utf8.count <= limits.headerFieldBytes else {
                // What is wrong with a credential is for the gate to say, and for nobody else.
                if Self.isCredential(name) {
                    credentials.isOversized = true
                    continue
                }
                throw .status(
                    RPCStatus(
                        .resourceExhausted,
                        "a header of the call exceeds \(limits.headerFieldBytes) bytes: --max-header-byte-size is the "
                            + "limit"
                    )
                )
            }
            switch name {
            case ":method": method = value
            case ":path": path = value
            case ":authority": authority = value
            case "content-type": contentType = value
            case "grpc-encoding": encoding = value
            case "grpc-accept-encoding": acceptedCoding = Self.preferred(value) ?? acceptedCoding
            case "grpc-timeout": timeout = value
            case "te": break
            default: take(name, value)
            }
        }
        guard method == "POST" else { throw .http(405) }
        guard Self.isGRPC(contentType) else { throw .http(415) }
        if let encoding { coding = try Self.coding(named: encoding) }
        if let timeout {
            guard let parsed = RequestTimeout.parse(timeout) else {
                throw .status(RPCStatus(.internalError, "the call's grpc-timeout is malformed"))
            }
            timeoutNanoseconds = parsed
        }
    }

    private static func isCredential(_ name: String) -> Bool { name == "authorization" || name == "x-api-key" }

    private mutating func take(_ name: String, _ value: String) {
        if name.hasPrefix(":") || name.hasPrefix("grpc-") { return }
        switch name {
        // Whoever answers the call has no use for them, and headers can become parameters of a model.
        case "authorization": return credentials.takeAuthorization(value)
        case "x-api-key": return credentials.takeAPIKey(value)
        case "x-forwarded-for": forwardedFor = forwardedFor.map { $0 + "," + value } ?? value
        case "x-request-id": requestID = value
        default: break
        }
        metadata.append((name, value))
    }

    /// `application/grpc`, `application/grpc+proto`, either with parameters.
    private static func isGRPC(_ contentType: String) -> Bool {
        let type = contentType.prefix { $0 != ";" && $0 != " " }
        switch type {
        case "application/grpc", "application/grpc+proto": return true
        default: return type.lowercased() == "application/grpc" || type.lowercased() == "application/grpc+proto"
        }
    }

    private static func coding(named name: String) throws(Refusal) -> ContentCoding {
        if let known = ContentCoding(rawValue: name) { return known }
        throw .unknownEncoding(
            RPCStatus(.unimplemented, "the call's grpc-encoding is none of identity, deflate and gzip")
        )
    }

    private static func preferred(_ accepted: String) -> ContentCoding? {
        var hasDeflate = false
        for name in accepted.split(separator: ",") {
            switch name.drop(while: { $0 == " " }).prefix(while: { $0 != " " }) {
            case "gzip": return .gzip
            case "deflate": hasDeflate = true
            default: break
            }
        }
        return hasDeflate ? .deflate : nil
    }
}
