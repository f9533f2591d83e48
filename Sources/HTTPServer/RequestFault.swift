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
        } else if let expectation = request.refusedExpectation {
            self.init(.expectationFailed, "Expect '\(expectation)' cannot be met: this server knows 100-continue only")
        } else if request.hasRefusedID {
            self.init(
                .badRequest,
                "X-Request-Id must be of at most \(InferRequestHead.echoLimit) visible ASCII characters",
                endsConnection: false
            )
        } else {
            return nil
        }
    }

    package init(_ error: HTTPParserError, limits: ConnectionLimits) {
        if error == .headerOverflow {
            self = .tooLarge(limits)
        } else {
            self.init(.badRequest, "the request is not valid HTTP/1.1: \(error)")
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
