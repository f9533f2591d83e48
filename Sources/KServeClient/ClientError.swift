// SPDX-License-Identifier: Apache-2.0
private import NIOCore
private import NIOPosix

/// What went wrong between a command and the server that it asked; each text says what to do next where that is known.
package enum ClientError: Error, Sendable, Equatable, CustomStringConvertible {
    case badAddress(String, reason: String)
    case cannotConnect(ServerAddress, reason: String)
    case timedOut(ServerAddress, seconds: Int)
    case connectionLost(ServerAddress)
    case answerTooLarge(limit: Int)
    /// A status other than 200, with the server's own words.
    case refused(status: Int, message: String)
    /// The same over gRPC, or what became of the call on the way.
    case rpcFailed(GRPCStatus)
    /// 401 or UNAUTHENTICATED, with the server's own words.
    case unauthenticated(keyWasSent: Bool, message: String)
    case badAnswer(String)
    /// What is there speaks, as far as can be told, the other of HTTP/1.1 and gRPC.
    case otherProtocol(ServerAddress)
    case badInput(String)

    package var description: String {
        switch self {
        case .badAddress(let text, let reason):
            "'\(text)' is not a server address: \(reason); write it like http://127.0.0.1:8000"
        case .cannotConnect(let address, let reason):
            """
            no server answers at \(address): \(reason)
            start one with `buckler serve --model-repository DIR`, or name another with --url
            """
        case .timedOut(let address, let seconds): "\(address) did not answer within \(seconds) s"
        case .connectionLost(let address): "\(address) closed the connection before its answer was complete"
        case .answerTooLarge(let limit): "the answer is larger than the \(limit) bytes that are read at most"
        case .refused(let status, let message):
            "the server answered \(status): \(message)" + (status == 403 ? Self.scopeHint(message) : "")
        case .rpcFailed(let status):
            "the call failed with \(status)"
                + (status.code == GRPCStatus.permissionDenied ? Self.scopeHint(status.message) : "")
        case .unauthenticated(let keyWasSent, let message):
            """
            \(keyWasSent ? Self.keyRefused : Self.keyWanted)
            to make one on the server's machine, type: buckler key create NAME
            the server's words: \(message.isEmpty ? "(none)" : message)
            """
        case .badAnswer(let reason): "the server's answer makes no sense: \(reason)"
        case .otherProtocol(let address): Self.wrongPort(address)
        case .badInput(let reason): reason
        }
    }
}

extension ClientError {
    package static let keyWanted = "the server wants an API key: give --api-key-file FILE or set BUCKLER_API_KEY"
    package static let keyRefused =
        "the server does not take the API key that it was sent: it may have ended, been revoked or be another server's"

    private static func wrongPort(_ address: ServerAddress) -> String {
        let (spoken, other) = address.scheme.isGRPC ? ("gRPC", "HTTP") : ("HTTP/1.1", "gRPC")
        return """
            what answers at \(address) does not seem to speak \(spoken)
            if this is the server's port for \(other), type: --url \(address.inOtherProtocol)
            """
    }

    /// What to type for a key that may, if the server's words name the scope that the one sent lacks.
    private static func scopeHint(_ message: String) -> String {
        let parts = message.split(separator: "'", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].hasSuffix("the scope "),
            parts[1].utf8.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "-") }
            )
        else { return "" }
        return "\nto make a key that has it on the server's machine, type: buckler key create NAME --scopes \(parts[1])"
    }

    /// - Parameter key: that was sent; it is taken out of the server's words.
    package init(_ status: GRPCStatus, key: APIKey?) {
        let message = key.redacted(status.message)
        if status.code == GRPCStatus.unauthenticated {
            self = .unauthenticated(keyWasSent: key != nil, message: message)
        } else {
            self = .rpcFailed(GRPCStatus(code: status.code, message: message))
        }
    }

    /// What a failed attempt to connect comes down to.
    package static func reason(ofConnecting error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if error.dnsAError != nil, error.dnsAAAAError != nil { return "its name cannot be resolved" }
            return error.connectionErrors.first.map { reason(ofConnecting: $0.error) } ?? "no address to connect to"
        case let error as IOError where error.errnoCode == 111: return "connection refused"
        case let error as IOError: return "system error \(error.errnoCode)"
        case is ChannelError: return "no connection within the time allowed"
        default: return "\(error)"
        }
    }
}
