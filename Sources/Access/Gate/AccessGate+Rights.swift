// SPDX-License-Identifier: Apache-2.0
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Who may.
extension AccessGate {
    func isOpen(_ endpoint: Endpoint) -> Bool {
        endpoint.isOpen || parts.openEndpoints.contains(endpoint)
    }

    func requireScope(of endpoint: Endpoint, _ caller: Caller) throws(ServingError) {
        guard let scope = endpoint.scope, !isOpen(endpoint), !caller.grant.scopes.contains(scope) else { return }
        throw ServingError(
            .permissionDenied,
            "the credential does not have the scope '\(scope.rawValue)', which this takes",
            reason: .rejected
        )
    }

    func requireAllModels(for endpoint: Endpoint, _ caller: Caller) throws(ServingError) {
        guard endpoint.isServerWide, !isOpen(endpoint), !caller.grant.reachesAll else { return }
        throw ServingError(
            .permissionDenied,
            "the credential is limited to some models, and this concerns all of them",
            reason: .rejected
        )
    }

    /// The same for every credential that is not good, whatever is wrong with it.
    static let unauthenticated: ServingError = {
        var error = ServingError(
            .unauthenticated,
            "a valid credential is needed: send an API key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'",
            reason: .rejected
        )
        error.fields = [AnswerField("WWW-Authenticate", "Bearer")]
        return error
    }()

    /// A model that a caller may not see looks like one that there is not.
    static func unknown(_ model: String, _ endpoint: Endpoint) -> ServingError {
        switch endpoint {
        case .load:
            return ServingError(
                .internalError,
                "failed to load '\(model)', failed to poll from model repository: model not found in any model repository"
            )
        case .statistics: return ServingError(.invalidArgument, "requested model '\(model)' is not available")
        default: return ServingError(.notFound, "Request for unknown model: '\(model)' is not found")
        }
    }

    func refused(_ arrival: Arrival, _ address: String, _ refusal: Authenticator.Refusal) -> ServingError {
        var error = Self.unauthenticated
        if case .throttled(let seconds) = refusal {
            error = ServingError(
                .resourceExhausted,
                "too many credentials that are not valid came from this address, try again later",
                reason: .rejected
            )
            error.fields = [AnswerField("Retry-After", "\(seconds)")]
        }
        append(
            LedgerEntry(
                decision: .deny,
                requestID: arrival.requestID ?? "",
                principal: Principal.anonymous.name,
                keyID: refusal.claimedKey,
                address: address,
                route: arrival.endpoint.rawValue,
                protocolName: arrival.transport.rawValue,
                status: status(error, arrival.transport),
                reason: refusal.reason
            )
        )
        return error
    }

    func clientAddress(of remoteAddress: String, forwardedFor: String?) -> String {
        guard let forwarded = forwardedFor, !parts.proxies.trusted.isEmpty, let peer = IPAddress(remoteAddress)
        else { return remoteAddress }
        return parts.proxies.client(peer: peer, fields: [forwarded]).description
    }

    static func seconds() -> Int64 { Int64(time(nil)) }
}
