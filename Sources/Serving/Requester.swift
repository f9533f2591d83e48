// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Someone whom a request is made for, as the gate is asked about him.
struct Requester: Hashable {
    let principal: Principal
    let visit: (any Visit)?

    /// What the gate is shown: nothing is charged to it.
    var permit: Permit { Permit(principal: principal, reservedBytes: 0, visit: visit) }

    /// All for whom the requests are made, each of them once, in their order; the server itself is none of them.
    static func all(of requests: [InferenceRequest]) -> [Requester] {
        var known: Set<Requester> = []
        var found: [Requester] = []
        for request in requests where !request.fields.isServersOwn {
            for requester in all(of: request.fields) where known.insert(requester).inserted { found.append(requester) }
        }
        return found
    }

    private static func all(of fields: InferenceRequest.Fields) -> [Requester] {
        if let joint = fields.visit as? JointVisit { return joint.requesters }
        return [Requester(principal: fields.principal, visit: fields.visit)]
    }

    static func == (one: Requester, other: Requester) -> Bool {
        one.visit === other.visit && one.principal == other.principal
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(visit.map { ObjectIdentifier($0) })
        hasher.combine(principal)
    }
}

/// The visit of a request that a model makes for several at once, so that the next model's calls are judged by all of
/// them. No gate is shown it: each of the requesters is asked about by himself.
final class JointVisit: Visit {
    let requesters: [Requester]

    private init(_ requesters: [Requester]) { self.requesters = requesters }

    /// What a request for all of them carries.
    static func of(_ requesters: [Requester]) -> (any Visit)? {
        requesters.count > 1 ? JointVisit(requesters) : requesters.first?.visit
    }
}
