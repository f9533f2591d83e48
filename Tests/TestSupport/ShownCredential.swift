// SPDX-License-Identifier: Apache-2.0
package import Access
package import Inference

/// One way to call, and what it is worth: the rows of the table that is tested against every route.
package struct ShownCredential: Sendable, CustomStringConvertible {
    package let name: String
    /// Names in lower case.
    package let headers: [(name: String, value: String)]
    /// `nil`: it lets nobody in.
    package let grant: Grant?

    package init(_ name: String, _ headers: [(name: String, value: String)], _ grant: Grant?) {
        self.name = name
        self.headers = headers
        self.grant = grant
    }

    package var description: String { name }

    /// The lines of an HTTP/1.1 head.
    package var lines: String { headers.map { "\($0.name): \($0.value)\r\n" }.joined() }
}

/// What the table of endpoints says to a caller.
package enum Verdict: Sendable, Equatable {
    case unauthenticated, forbidden
    /// As for a model that there is not.
    case outOfReach
    /// Whatever the front end answers.
    case allowed

    /// From what ``Endpoint`` says of itself alone.
    package init(_ endpoint: Endpoint, model: String? = nil, for grant: Grant?) {
        if endpoint.isOpen {
            self = .allowed
        } else if let grant {
            let hasScope = endpoint.scope.map { grant.scopes.contains($0) } ?? true
            let isOutOfReach = model.map { !grant.reaches(model: $0, version: nil) } ?? false
            let concernsOthers = endpoint.isServerWide && model == nil && !grant.models.contains(.all)
            self = !hasScope || concernsOthers ? .forbidden : isOutOfReach ? .outOfReach : .allowed
        } else {
            self = .unauthenticated
        }
    }
}
