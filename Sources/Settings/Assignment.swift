// SPDX-License-Identifier: Apache-2.0

/// One value for one flag, and where it was written.
package struct Assignment: Sendable {
    package enum Origin: Sendable, Equatable {
        case commandLine
        case file(String, line: Int, column: Int)
    }

    package var flag: Flag
    package var value: String
    package var origin: Origin

    /// How an error begins: `--http-port`, or `buckler.yaml:3:12: http-port`.
    package var place: String {
        switch origin {
        case .commandLine: "--\(flag.name)"
        case .file(let file, let line, let column): "\(file):\(line):\(column): \(flag.name)"
        }
    }

    /// Refuses what the flag does not take, and what it takes elsewhere but not here.
    package func check() throws(SettingsError) {
        if let fault = flag.kind.fault(in: value) ?? flag.disclosure.fault(in: value) {
            let given = flag.disclosure.allowsQuotation ? "; got '\(Printable.text(value))'" : ""
            throw SettingsError("\(place) must be \(fault)\(given)")
        }
        if let fault = setting.flatMap({ flag.rules?.fault(in: $0) }) {
            throw SettingsError("\(place) \(fault)")
        }
        if case .refused(let reason) = flag.disposition {
            throw SettingsError("\(place) is refused: \(reason)")
        }
        if let reason = flag.refusedValues[normalised] {
            throw SettingsError("\(place)=\(normalised) is refused: \(reason)")
        }
    }

    private var setting: KeyedSetting? { flag.rules == nil ? nil : KeyedSetting(value) }

    /// The line for the log if the flag, or this setting, was taken only for the sake of scripts.
    package var notice: String? {
        if let notice = setting.flatMap({ flag.rules?.notice(for: $0) }) { return "\(place) \(notice)" }
        guard case .accepted(let reason) = flag.disposition else { return nil }
        return "\(place) changes nothing: \(reason)"
    }

    /// Triton's line for a flag that has another in its place.
    package var deprecation: String? {
        flag.replacement.map {
            "Warning: '--\(flag.name)' has been deprecated! Please use '\($0)' instead."
        }
    }

    private var normalised: String {
        if flag.kind == .bool, let value = ValueKind.bool(value) { return String(value) }
        return flag.kind.choice(value)?.lowercased() ?? value
    }
}
