// SPDX-License-Identifier: Apache-2.0

/// One version of a model, by name.
package struct ModelIdentity: Sendable, Hashable {
    package var name: String
    package var version: Int64

    package init(name: String, version: Int64) {
        self.name = name
        self.version = version
    }
}

/// A request that a model makes while it answers others: Triton's business logic scripting.
package struct ModelCall: Sendable {
    package var caller: ModelIdentity
    /// The requests that it is made for. Their callers have to be allowed what it asks, all of them, and it takes no
    /// longer than they may. None while the model starts or ends.
    package var origins: [InferenceRequest]
    package var model: String
    /// `nil` for the one that the model's version policy picks.
    package var version: Int64?
    /// What the model chose: principal, deadline and what else a caller does not choose are filled in.
    package var fields: InferenceRequest.Fields
    /// Whether it takes any number of responses: without, a decoupled model cannot be called.
    package var takesStream: Bool
    /// When the caller's own time is over, whatever its clients may wait.
    package var limit: MonotonicTime?

    package init(
        caller: ModelIdentity,
        origins: [InferenceRequest],
        model: String,
        version: Int64?,
        fields: InferenceRequest.Fields,
        takesStream: Bool,
        limit: MonotonicTime? = nil
    ) {
        self.caller = caller
        self.origins = origins
        self.model = model
        self.version = version
        self.fields = fields
        self.takesStream = takesStream
        self.limit = limit
    }
}

/// What a model may ask of the server about models.
package enum ModelChange: Sendable {
    case load(LoadParameters)
    case unload(includingDependents: Bool)
}

/// The way from a running model back into the server. Whoever loads a model gives its engine one; an engine knows
/// nothing else of the server.
package protocol ModelCalls: Sendable {
    /// Returns at once; everything after that is told to `sink`, possibly before this has returned.
    /// - Returns: the request as it was queued, to be cancelled; it has a deadline.
    /// - Throws: if it may not be made: `.notFound` for a model that one of the origins' callers may not see.
    func begin(_ call: ModelCall, sink: any ResponseSink) throws(ServingError) -> InferenceRequest

    /// `false` for a model that there is not, and for one that the origins' callers may not see.
    func isReady(_ model: String, version: Int64?, for origins: [InferenceRequest], caller: ModelIdentity) -> Bool

    /// - Parameter done: told once, from any thread; at once if the caller has no right to change models.
    func change(
        _ model: String,
        _ change: ModelChange,
        caller: ModelIdentity,
        done: @escaping @Sendable (ServingError?) -> Void
    )
}
