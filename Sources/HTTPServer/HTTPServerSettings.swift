// SPDX-License-Identifier: Apache-2.0
package import Inference
package import Transport

/// What an operator decides about the HTTP front end.
package struct HTTPServerSettings: Sendable {
    package var address = "127.0.0.1"
    package var port = 8000
    /// `nil`: the same as ``address``.
    package var metricsAddress: String?
    /// `nil`: no metrics listener.
    package var metricsPort: Int? = 8002
    /// `nil`: plaintext, on both ports.
    package var tls: TLSFiles?
    /// What clients may do that agree on HTTP/2 when they shake hands; `nil`: they get HTTP/1.1.
    package var http2: HTTP2Limits?
    /// The names that each port answers to.
    package var hosts = HostPolicy.any
    package var metricsHosts = HostPolicy.any
    /// `nil`: pages of other sites may read no answer.
    package var cors: CORSPolicy?
    package var requestLimits: RequestLimits
    package var modelLimits = ModelLimits()
    package var connectionLimits: ConnectionLimits
    /// Whether ordinary infer requests are read from their bytes, past the HTTP parser; the answers are the same.
    package var recognisesHotRequests = true
    /// Headers that become parameters of requests to infer.
    package var headerForwarding: HeaderForwarding?
    package var restrictedAPIs = RestrictedAPIs(.http)
    /// `name` of the server metadata: Triton's `--id`.
    package var serverName = "triton"
    package var serverVersion: String

    package init(serverVersion: String, profile: Profile) {
        self.serverVersion = serverVersion
        requestLimits = RequestLimits(profile: profile)
        connectionLimits = ConnectionLimits(profile: profile)
    }
}

/// A socket that the server listens on, once it does.
package struct HTTPListener: Sendable, Equatable {
    package enum Service: String, Sendable {
        case inference = "HTTPService"
        case metrics = "Metrics Service"
    }

    package var service: Service
    package var address: String
    package var port: Int
}
