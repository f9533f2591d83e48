// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// What models may ask of the server while they run.
package struct ModelCallSettings: Sendable {
    /// Whom the calls are asked of: the one that the front ends have.
    package var gate: any Gate
    /// How many models may call each other in a row.
    package var depth = 8
    /// How long a call may take if whoever is waiting for it may wait longer.
    package var seconds = 30
    /// Models that may load and unload models, by name.
    package var controlFor: Set<String> = []
    /// What the operator allows in a request to a model, besides what the model itself takes.
    package var modelLimits = ModelLimits()

    package init(gate: any Gate) { self.gate = gate }
}

/// Runs what models ask for on the models of the same server, as if their callers had asked for it.
final class ModelCallRouter: ModelCalls {
    private let settings: ModelCallSettings
    private let registry: ModelRegistry
    /// Set once, when there is one: it loads models that have this.
    private let changer = Mutex<(@Sendable (String, ModelChange) async throws(ServingError) -> Void)?>(nil)

    init(_ settings: ModelCallSettings, registry: ModelRegistry) {
        self.settings = settings
        self.registry = registry
    }

    func setChanger(_ change: @escaping @Sendable (String, ModelChange) async throws(ServingError) -> Void) {
        changer.withLock { $0 = change }
    }

    func begin(_ call: ModelCall, sink: any ResponseSink) throws(ServingError) -> InferenceRequest {
        guard let first = call.origins.first else {
            throw ServingError(
                .unavailable,
                "model '\(call.caller.name)' calls model '\(call.model)' while it answers no request",
                reason: .rejected
            )
        }
        let requesters = Requester.all(of: call.origins)
        let target = try target(call, for: requesters)
        let callers = (call.origins.map(\.fields.callers).max { $0.count < $1.count } ?? []) + [call.caller]
        try check(callers, reach: target)
        try ModelCallLimits.check(
            call.fields,
            settings.modelLimits.limits(of: target.name, within: .none),
            model: target.name,
            isBatched: target.maxBatchSize > 0
        )
        guard call.takesStream || !target.isDecoupled else {
            throw ServingError(
                .unsupported,
                "model '\(target.name)' is decoupled: call it by exec(decoupled=True) or async_exec(decoupled=True)"
            )
        }
        var fields = call.fields
        // It waits as one request, in the turn of the first of them; what it may reach is for all of them to say.
        fields.principal = requesters.first?.principal ?? first.fields.principal
        fields.visit = JointVisit.of(requesters)
        fields.isServersOwn = requesters.isEmpty
        fields.callers = callers
        if call.origins.count == 1 { fields.priority = first.fields.priority }
        fields.arrival = .now()
        fields.deadline = try deadline(of: call, at: fields.arrival)
        let request = InferenceRequest(fields)
        for requester in requesters { try settings.gate.modelCalled(ServedModel(target), for: requester.permit) }
        target.infer(request, sink: sink)
        return request
    }

    func isReady(_ model: String, version: Int64?, for origins: [InferenceRequest], caller: ModelIdentity) -> Bool {
        if origins.isEmpty, settings.controlFor.contains(caller.name) { return isReady(model, version) }
        do throws(ServingError) {
            let nobody = Requester(principal: .anonymous, visit: nil)
            let requesters = origins.isEmpty ? [nobody] : Requester.all(of: origins)
            try authorise(requesters, model: model, version: version)
            return isReady(model, version)
        } catch {
            return false
        }
    }

    func change(
        _ model: String,
        _ change: ModelChange,
        caller: ModelIdentity,
        done: @escaping @Sendable (ServingError?) -> Void
    ) {
        guard settings.controlFor.contains(caller.name) else {
            return done(
                ServingError(
                    .unsupported,
                    "model '\(caller.name)' may not load or unload models: --model-control-for=\(caller.name) allows it",
                    reason: .rejected
                )
            )
        }
        guard let changer = changer.withLock({ $0 }) else {
            return done(ServingError(.unavailable, "models cannot be loaded or unloaded now"))
        }
        Task {
            do throws(ServingError) {
                try await changer(model, change)
                done(nil)
            } catch {
                done(error)
            }
        }
    }

    private func isReady(_ model: String, _ version: Int64?) -> Bool {
        registry.read { table in (try? table.isReady(model, version: version)) ?? false }
    }

    /// The gate is asked before anything about the model is said, and again once it is known which version it is.
    private func target(_ call: ModelCall, for requesters: [Requester]) throws(ServingError) -> ServableVersion {
        try authorise(requesters, model: call.model, version: call.version)
        let target = try registry.read { (table) throws(ServingError) in
            try table.lookUp(call.model, version: call.version)
        }
        if call.version == nil { try authorise(requesters, model: call.model, version: target.version) }
        return target
    }

    /// All callers whose requests it is for: what the model makes of one's data may reach all of them.
    private func authorise(_ requesters: [Requester], model: String, version: Int64?) throws(ServingError) {
        for requester in requesters {
            try settings.gate.authoriseModelCall(requester.permit, model: model, version: version)
        }
    }

    private func check(_ callers: [ModelIdentity], reach target: ServableVersion) throws(ServingError) {
        guard callers.count <= settings.depth else {
            throw ServingError(
                .unavailable,
                "models call each other more than \(settings.depth) deep (--model-call-depth): "
                    + callers.map(\.name).joined(separator: " calls "),
                reason: .rejected
            )
        }
        // Each of them that is not decoupled keeps an instance busy until what it calls has answered.
        let held = callers.count { $0.name == target.name && $0.version == target.version }
        let instances = target.parts.config.instanceCount
        guard held < instances || target.isDecoupled else {
            throw ServingError(
                .unavailable,
                "model '\(target.name)' would wait for itself: the calls that lead here keep all of its instances busy "
                    + "(\(instances))",
                reason: .rejected
            )
        }
    }

    /// A little before whoever waits gives up, so that the model can still say what went wrong.
    private func deadline(of call: ModelCall, at now: MonotonicTime) throws(ServingError) -> MonotonicTime {
        let own = now.advanced(byNanoseconds: UInt64(settings.seconds) * 1_000_000_000)
        var waiting: MonotonicTime? = call.limit
        let deadlines = call.origins.compactMap(\.fields.deadline)
        // One who may wait longer is not to be failed by one who may not.
        if deadlines.count == call.origins.count { waiting = .sooner(waiting, deadlines.max()) }
        guard let waiting else { return own }
        let left = waiting.nanoseconds(since: now)
        guard left > 0 else { throw .requestDeadlineExceeded(id: call.fields.id) }
        return min(own, now.advanced(byNanoseconds: left - min(left / 10, 1_000_000_000)))
    }
}

/// What the operator allows in requests to a model, for one that another model makes.
enum ModelCallLimits {
    static func check(
        _ fields: InferenceRequest.Fields,
        _ limits: RequestLimits,
        model: String,
        isBatched: Bool
    ) throws(ServingError) {
        func require(_ what: String, _ number: Int, _ limit: Int) throws(ServingError) {
            guard number > limit else { return }
            throw ServingError(
                .invalidArgument,
                "a request to model '\(model)' has \(number) \(what), at most \(limit) are allowed",
                reason: .rejected
            )
        }
        try require("inputs", fields.inputs.count, limits.inputs)
        try require("outputs", fields.requestedOutputs.count, limits.outputs)
        try require("parameters", fields.parameters.count, limits.parameters)
        try require("bytes in its id", fields.id.utf8.count, limits.stringBytes)
        var bytes = 0
        for input in fields.inputs {
            bytes += input.bytes.count
            try require("dimensions in input '\(input.name)'", input.shape.count, limits.dimensions)
            try require("elements in input '\(input.name)'", input.shape.elementCount ?? .max, limits.elements)
            if isBatched, input.shape.count > 0 {
                try require("requests in its batch", Int(clamping: input.shape[0]), limits.batch)
            }
        }
        try require("bytes", bytes, limits.bodyBytes)
    }
}
