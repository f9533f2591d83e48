// SPDX-License-Identifier: Apache-2.0

/// Every flag of `buckler serve`. The parser, the file, the help and `Docs/Flags.md` all read this and nothing else.
package enum FlagTable {
    /// All of tritonserver's, in the order of its help.
    package static let triton: [Flag] =
        server + logging + modelRepository + http + grpc + cloudPlatforms + metrics + tracing + backend
        + cacheAndRateLimiter + memory + deprecated

    package static let own: [Flag] = ownSettings + access + tls + browsers + http2 + grpcLimits + limits + modelLimits

    package static let all: [Flag] = triton + own

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    package static func flag(named name: String) -> Flag? { byName[name] }

    package enum Match: Sendable {
        case flag(Flag)
        case ambiguous([String])
        case unknown(suggestion: String?)
    }

    /// What `typed` stands for: a name, or the beginning of one that leaves no doubt.
    ///
    /// A beginning that leaves no doubt among Triton's flags means Triton's: scripts that work there keep working
    /// whatever flags are added here.
    package static func match(_ typed: String) -> Match {
        if let exact = byName[typed] { return .flag(exact) }
        let ofTriton = typed.isEmpty ? [] : triton.filter { $0.name.hasPrefix(typed) }
        let ofOurs = typed.isEmpty ? [] : own.filter { $0.name.hasPrefix(typed) }
        let candidates = ofTriton.isEmpty ? ofOurs : ofTriton
        guard let first = candidates.first else {
            return .unknown(suggestion: Suggestion.nearest(to: typed, among: all.map(\.name)))
        }
        if candidates.allSatisfy({ $0.canonicalName == first.canonicalName }) { return .flag(first) }
        return .ambiguous((ofTriton + ofOurs).map(\.name))
    }
}
