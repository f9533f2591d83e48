// SPDX-License-Identifier: Apache-2.0

/// How a line of the log looks: Triton's two layouts, and one JSON object a line.
package enum LogFormat: String, Sendable, CaseIterable {
    case `default`
    case iso8601 = "ISO8601"
    case json
}

/// What `--log-…` flags say.
package struct LogConfiguration: Sendable, Equatable {
    /// 0: no verbose lines; 1: those of level debug; 2 and more: those of level trace too.
    package var verboseLevel = 0
    package var info = true
    package var warning = true
    package var error = true
    package var format = LogFormat.default
    /// Appended to; `nil`: standard error.
    package var file: String?

    package init() {}
}
