// SPDX-License-Identifier: Apache-2.0

/// How bad a finding is. The words are SARIF's levels.
package enum Severity: String, Sendable, Comparable, CaseIterable, Codable {
    /// Worth knowing; nothing is unsafe because of it alone.
    case note
    /// Unsafe in some surroundings, or a guard that is missing here and may stand elsewhere.
    case warning
    /// Unsafe as it stands. A server refuses to load what has one.
    case error

    package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .note: 0
        case .warning: 1
        case .error: 2
        }
    }
}

/// For which server the audit judges: what `--profile` says. See ``RuleSeverities``.
package enum AuditProfile: String, Sendable, CaseIterable, Codable {
    /// Buckler's own defaults.
    case secure
    /// An ordinary Triton repository has to load.
    case triton
}
