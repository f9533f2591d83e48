// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore
import NIOHTTP1
package import Transport

/// What all connections of a listener share.
package struct ConnectionContext: Sendable {
    /// Who answers infer requests on the event loop; absent where a listener has none, as for metrics.
    package struct Hot: Sendable {
        var service: any InferenceService
        /// Whether ordinary requests go past the HTTP parser: not if any of their headers may matter.
        var recognisesRequests: Bool
        private var forwarding: HeaderForwarding?
        private var restrictedAPIs: RestrictedAPIs
        let mailboxes: CompletionMailboxes
        let longWork = LongWorkQueue()

        package init(
            service: any InferenceService,
            recognisesRequests: Bool,
            eventLoopGroup: any EventLoopGroup,
            forwarding: HeaderForwarding? = nil,
            restrictedAPIs: RestrictedAPIs = RestrictedAPIs(.http)
        ) {
            self.service = service
            self.forwarding = forwarding
            self.restrictedAPIs = restrictedAPIs
            self.recognisesRequests =
                recognisesRequests && forwarding == nil && !restrictedAPIs.isRestricted(.inference)
            mailboxes = CompletionMailboxes(eventLoopGroup)
        }

        /// What the operator has decided about the headers of requests to infer.
        func apply(_ headers: HTTPHeaders, to request: inout InferRequestHead) throws(ServingError) {
            try restrictedAPIs.check(.inference) { headers.first(name: $0) }
            if let forwarding { request.forwarded = try forwarding.parameters(of: headers) }
        }
    }

    package var hot: Hot?
    package var controls: ServerControls?
    package var gate: any Gate
    package var requestLimits: RequestLimits
    package var modelLimits: ModelLimits
    package var connectionLimits: ConnectionLimits
    package var connections: ConnectionCount
    package var hosts: HostPolicy
    package var cors: CORSPolicy?

    package init(
        hot: Hot?,
        controls: ServerControls? = nil,
        gate: any Gate,
        requestLimits: RequestLimits,
        modelLimits: ModelLimits = ModelLimits(),
        connectionLimits: ConnectionLimits,
        connections: ConnectionCount,
        hosts: HostPolicy = .any,
        cors: CORSPolicy? = nil
    ) {
        self.hot = hot
        self.controls = controls
        self.gate = gate
        self.requestLimits = requestLimits
        self.modelLimits = modelLimits
        self.connectionLimits = connectionLimits
        self.connections = connections
        self.hosts = hosts
        self.cors = cors
    }
}
