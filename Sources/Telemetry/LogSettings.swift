// SPDX-License-Identifier: Apache-2.0
package import Inference

/// The log's settings as they are read and changed over the network. Where the log goes is neither shown nor changed.
package struct LogSettings: LogControl {
    private let log: ServerLog
    private let allowsChanges: Bool

    /// - Parameter allowsChanges: `false`: the settings can only be read.
    package init(log: ServerLog, allowsChanges: Bool) {
        self.log = log
        self.allowsChanges = allowsChanges
    }

    package func logSettings() -> [(name: String, value: LogSettingValue)] {
        let configuration = log.configuration
        return [
            ("log_file", .string("")), ("log_info", .bool(configuration.info)),
            ("log_warning", .bool(configuration.warning)), ("log_error", .bool(configuration.error)),
            ("log_verbose_level", .number(UInt32(clamping: configuration.verboseLevel))),
            ("log_format", .string(configuration.format.rawValue)),
        ]
    }

    /// All of the changes are made, at once, or none.
    package func changeLogSettings(_ changes: [(name: String, value: LogSettingValue)]) throws(ServingError) {
        if changes.isEmpty { return }
        var changed = log.configuration
        for change in changes { try Self.apply(change.name, change.value, to: &changed) }
        guard allowsChanges else {
            throw ServingError(.permissionDenied, "log settings are read only under --profile=triton")
        }
        let names = Set(changes.map(\.name))
        log.change { current in
            if names.contains("log_info") { current.info = changed.info }
            if names.contains("log_warning") { current.warning = changed.warning }
            if names.contains("log_error") { current.error = changed.error }
            if names.contains("log_verbose_level") { current.verboseLevel = changed.verboseLevel }
            if names.contains("log_format") { current.format = changed.format }
        }
    }

    private static func apply(
        _ name: String,
        _ value: LogSettingValue,
        to configuration: inout LogConfiguration
    ) throws(ServingError) {
        switch (name, value) {
        case ("log_file", _):
            throw ServingError(
                .unsupported,
                "log file location can not be updated through network protocol"
            )
        case ("log_info", .bool(let isOn)): configuration.info = isOn
        case ("log_warning", .bool(let isOn)): configuration.warning = isOn
        case ("log_error", .bool(let isOn)): configuration.error = isOn
        case ("log_verbose_level", .number(let level)): configuration.verboseLevel = Int(level)
        case ("log_format", .string(let text)):
            guard let format = LogFormat(rawValue: text) else {
                throw ServingError(.unavailable, "invalid argument for --log_format, got: \(text.prefix(64))")
            }
            configuration.format = format
        case ("log_info", _), ("log_warning", _), ("log_error", _): throw wrongType(name, "a boolean")
        case ("log_verbose_level", _): throw wrongType(name, "an unsigned integer")
        case ("log_format", _): throw wrongType(name, "a string")
        default: throw ServingError(.invalidArgument, "unknown log setting '\(name.prefix(64))'")
        }
    }

    private static func wrongType(_ name: String, _ type: String) -> ServingError {
        ServingError(.invalidArgument, "log setting '\(name)' must be \(type)")
    }
}
