// SPDX-License-Identifier: Apache-2.0
import Audit
import Logging
import Settings

/// The server's own settings, judged by the rules about command lines: what is exposed, and what is off.
enum SettingsAudit {
    /// - Parameter given: what the operator has said, by the flags' names; the last of a name counts.
    static func findings(in given: [(name: String, value: String)]) -> [Finding] {
        Audit().judge([.serverCommand(ServerCommand(settings: given))]).findings
    }

    static func log(_ given: [(name: String, value: String)], to logger: Logger) {
        for finding in findings(in: given) {
            let level: Logger.Level = finding.severity == .note ? .info : .warning
            logger.log(level: level, "settings: \(finding.severity.rawValue) \(finding.rule): \(finding.message)")
        }
    }
}
