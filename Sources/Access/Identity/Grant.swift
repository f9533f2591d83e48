// SPDX-License-Identifier: Apache-2.0

/// What a credential allows: some scopes, on some models.
package struct Grant: Sendable, Hashable {
    package var scopes: ScopeSet
    package var models: [ModelPattern]

    package init(scopes: ScopeSet, models: [ModelPattern]) {
        self.scopes = scopes
        self.models = models
    }

    package static let everything = Grant(scopes: .all, models: [.all])

    package func reaches(model: String, version: Int64?) -> Bool {
        models.contains { $0.matches(model: model, version: version) }
    }

    /// Whether there is no model that is out of reach.
    package var reachesAll: Bool { models.contains(.all) }

    /// Whether it reaches some versions of the model, and perhaps not all.
    package func dependsOnVersion(ofModel model: String) -> Bool {
        !reaches(model: model, version: nil) && reaches(model: model)
    }

    /// Whether some version of the model is within reach.
    package func reaches(model: String) -> Bool {
        models.contains { $0.matches(name: model) }
    }
}

/// How much a principal may do. What is `nil` is not limited.
package struct RateRule: Sendable, Hashable {
    package var requestsPerSecond: Double?
    /// Requests that may come at once after a pause; at least one.
    package var burst: Double?
    /// Bytes of tensors, on the way in.
    package var bytesPerSecond: Double?
    package var concurrentRequests: Int?

    package init(
        requestsPerSecond: Double? = nil,
        burst: Double? = nil,
        bytesPerSecond: Double? = nil,
        concurrentRequests: Int? = nil
    ) {
        self.requestsPerSecond = requestsPerSecond
        self.burst = burst
        self.bytesPerSecond = bytesPerSecond
        self.concurrentRequests = concurrentRequests
    }

    package static let unlimited = RateRule()

    package var isUnlimited: Bool { self == .unlimited }

    /// With what `other` says where this says nothing.
    package func filled(with other: RateRule) -> RateRule {
        guard !other.isUnlimited else { return self }
        var rule = self
        if requestsPerSecond == nil { (rule.requestsPerSecond, rule.burst) = (other.requestsPerSecond, other.burst) }
        rule.bytesPerSecond = bytesPerSecond ?? other.bytesPerSecond
        rule.concurrentRequests = concurrentRequests ?? other.concurrentRequests
        return rule
    }
}
