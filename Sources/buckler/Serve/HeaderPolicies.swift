// SPDX-License-Identifier: Apache-2.0
import Inference
import Settings
import Transport

/// What the settings say about the headers of requests, for both front ends.
struct HeaderPolicies {
    var httpForwarding: HeaderForwarding?
    var httpRestrictions: RestrictedAPIs
    var grpcForwarding: HeaderForwarding?
    var grpcRestrictions: RestrictedAPIs

    init(_ settings: ServerSettings) throws(ServingError) {
        httpForwarding = try HeaderForwarding(
            pattern: settings.httpHeaderForwardPattern,
            flag: "--http-header-forward-pattern"
        )
        httpRestrictions = try RestrictedAPIs(.http, groups: settings.httpRestrictedAPIs)
        grpcForwarding = try HeaderForwarding(
            pattern: settings.grpcHeaderForwardPattern,
            flag: "--grpc-header-forward-pattern"
        )
        grpcRestrictions = try RestrictedAPIs(.grpc, groups: settings.grpcRestrictedProtocols)
    }
}
