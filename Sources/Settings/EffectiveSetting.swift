// SPDX-License-Identifier: Apache-2.0
package import Inference

/// What a setting is, and why.
package struct EffectiveSetting: Sendable {
    package enum Origin: Sendable, Equatable {
        case commandLine
        case file(String, line: Int, column: Int)
        case profile(Profile)
        case byDefault
        /// Another flag's value makes this one what it is.
        case flag(String)
    }

    package struct Value: Sendable, Equatable {
        /// As it would be typed. It may be a secret: ``EffectiveSetting/shown(_:)`` is for the screen.
        package var text: String
        package var origin: Origin
    }

    package let flag: Flag
    /// Several where the flag may be repeated; none if nothing is set.
    package let values: [Value]

    package func shown(_ value: Value) -> String { flag.disclosure.text(value.text) }

    /// Why the value changes nothing, if it does not.
    package var notice: String? {
        guard case .accepted(let reason) = flag.disposition else { return nil }
        return reason
    }
}

extension Assignment.Origin {
    var ofSetting: EffectiveSetting.Origin {
        switch self {
        case .commandLine: .commandLine
        case .file(let name, let line, let column): .file(name, line: line, column: column)
        }
    }
}
