// SPDX-License-Identifier: Apache-2.0
import Access
import HTTPServer
import Inference
import Settings
import Transport

/// What the settings say about the headers of requests, for both front ends.
struct HeaderPolicies {
    var httpForwarding: HeaderForwarding?
    var httpRestrictions: RestrictedAPIs
    var grpcForwarding: HeaderForwarding?
    var grpcRestrictions: RestrictedAPIs
    var httpHosts: HostPolicy
    var metricsHosts: HostPolicy
    var grpcHosts: HostPolicy
    var cors: CORSPolicy?

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
        httpHosts = try Self.hosts(of: settings.http, settings)
        metricsHosts = try Self.hosts(of: settings.metricsListener, settings)
        grpcHosts = try Self.hosts(of: settings.grpc.listener, settings)
        if !settings.browsers.corsOrigins.isEmpty {
            cors = try CORSPolicy(
                origins: settings.browsers.corsOrigins,
                allowsCredentials: settings.browsers.corsAllowsCredentials
            )
        }
    }

    /// Only a listener of this machine alone knows all names that it is called by.
    private static func hosts(
        of listener: ServerSettings.Listener,
        _ settings: ServerSettings
    ) throws(ServingError) -> HostPolicy {
        let given = settings.browsers.allowedHosts
        if !given.isEmpty { return try HostPolicy(given) }
        guard settings.profile == .secure, ListenerPolicy.isLoopback(listener.address) else { return .any }
        return try HostPolicy(HostPolicy.loopbackNames + [listener.address])
    }
}
