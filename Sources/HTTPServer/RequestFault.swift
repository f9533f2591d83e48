// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOHTTP1

/// What is wrong with a request as HTTP, whatever it asks for.
package struct RequestFault: Sendable, Equatable {
    package let status: HTTPResponseStatus
    /// Names the header, if it is about one.
    package let message: String
    /// What follows cannot be told apart, or is not to be trusted.
    package let endsConnection: Bool

    private init(_ status: HTTPResponseStatus, _ message: String, endsConnection: Bool = true) {
        self.status = status
        self.message = message
        self.endsConnection = endsConnection
    }

    /// What RFC 9112 section 3.2 and RFC 9110 section 10.1.1 ask of every request's head, and the bound on what is
    /// echoed. The recogniser of ordinary requests asks the same.
    package init?(_ request: InferRequestHead, isHTTP10: Bool) {
        if request.hosts > 1 || (request.hosts == 0 && !isHTTP10) {
            self.init(.badRequest, "an HTTP/1.1 request needs one Host header, this one has \(request.hosts)")
        } else if let coding = request.refusedTransferCoding {
            self.init(
                .notImplemented,
                "Transfer-Encoding '\(coding)' is not supported: this server knows chunked only; compressed bodies "
                    + "say so in Content-Encoding"
            )
        } else if let expectation = request.refusedExpectation {
            self.init(.expectationFailed, "Expect '\(expectation)' cannot be met: this server knows 100-continue only")
        } else if request.hasRefusedID {
            self.init(
                .badRequest,
                "X-Request-Id must be of at most \(InferRequestHead.echoLimit) visible ASCII characters and spaces",
                endsConnection: false
            )
        } else {
            return nil
        }
    }

    /// What the parser lets pass: it bounds names and values one by one, and targets of any scheme are well-formed.
    init?(_ head: HTTPRequestHead, limits: ConnectionLimits) {
        if head.headers.contains(where: { $0.name.utf8.count + $0.value.utf8.count > limits.headerFieldBytes }) {
            self = .tooLarge(limits)
        } else if !head.uri.hasPrefix("/"), head.uri != "*" {
            self.init(.badRequest, "the request target must be a path, or a URL that begins with http:// or https://")
        } else {
            return nil
        }
    }

    package init(_ error: HTTPParserError, limits: ConnectionLimits) {
        switch error {
        case .headerOverflow: self = .tooLarge(limits)
        case .paused:
            // The parser has met the preface of HTTP/2: there is nothing else that it pauses for here.
            self.init(.badRequest, "this port does not speak HTTP/2 without TLS: use HTTP/1.1")
        default:
            self.init(.badRequest, "the request is not valid HTTP/1.1: \(Self.words(for: error))")
        }
    }

    /// The parser's own words say little where it has one for several faults.
    private static func words(for error: HTTPParserError) -> String {
        switch error {
        case .unknown: "Content-Length and Transfer-Encoding stand together, or a line does not end in CR LF"
        case .invalidContentLength: "Content-Length is no number, or stands together with Transfer-Encoding"
        case .unexpectedContentLength: "Content-Length stands more than once"
        case .strictModeAssertion, .lfExpected: "a line, or a chunk's size or content, does not end in CR LF"
        case .invalidConstant: "its first line is not a method, a path and HTTP/1.1 with a space between them"
        case .invalidInternalState: "it cannot be read"
        default: "\(error)"
        }
    }

    static func tooLarge(_ limits: ConnectionLimits) -> RequestFault {
        RequestFault(
            .requestHeaderFieldsTooLarge,
            "the request's headers exceed a limit of this server: \(limits.headerFieldBytes) bytes for one, "
                + "\(limits.headerListBytes) for all, \(limits.headerCount) headers"
        )
    }

    static let twoHosts = RequestFault(.badRequest, "the request's :authority and Host differ")

    package static let misdirected = RequestFault(
        .misdirectedRequest,
        "this server does not answer to the name in the Host header; --allowed-host=<name> makes it"
    )

    package static let tunnel = RequestFault(
        .badRequest,
        "this server does not switch protocols: send neither CONNECT nor Upgrade"
    )
}
