// SPDX-License-Identifier: Apache-2.0
package import Inference

/// What a credential may be used for.
package struct ScopeSet: OptionSet, Sendable, Hashable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package init(_ scopes: some Sequence<Scope>) {
        rawValue = scopes.reduce(0) { $0 | Self.bit(of: $1) }
    }

    /// Everything that a credential can be given.
    package static let all = ScopeSet(Scope.grantable)

    package func contains(_ scope: Scope) -> Bool { rawValue & Self.bit(of: scope) != 0 }

    /// In the order in which ``Scope`` lists them.
    package var scopes: [Scope] { Scope.allCases.filter { contains($0) } }

    private static func bit(of scope: Scope) -> UInt16 {
        switch scope {
        case .infer: 1
        case .metadata: 2
        case .metrics: 4
        case .statistics: 8
        case .admin: 16
        case .health: 32
        case .sharedMemory: 64
        }
    }
}

extension Scope {
    /// Those that a key or a token names. What everyone may do needs no grant.
    package static let grantable = allCases.filter { $0 != .health }

    /// - Parameter name: as written in a key's or a token's list.
    /// - Throws: `.invalidArgument` with the names that there are.
    package static func grantable(named name: String) throws(ServingError) -> Scope {
        if let scope = Scope(rawValue: name), grantable.contains(scope) { return scope }
        let names = grantable.map(\.rawValue).joined(separator: ", ")
        throw ServingError(.invalidArgument, "unknown scope '\(name)': scopes are \(names)")
    }
}
