// SPDX-License-Identifier: Apache-2.0

/// What a flag takes. Every value is checked against it, whether the flag works, is only accepted, or is refused.
package enum ValueKind: Sendable, Equatable {
    /// No value on the command line; a file, and `--flag=`, may say `true` or `false`.
    case none
    case bool
    /// `unlimited`, where there is such a thing, is typed as `none`.
    case integer(ClosedRange<Int>, unlimited: Int? = nil)
    /// An integer for which Triton takes `true` and `false` too: a verbosity.
    case level
    case number(ClosedRange<Double>)
    case string
    case nonEmptyString
    case path
    case absolutePath
    /// To listen on: an IP address or a host name.
    case address
    case choice([String], ignoringCase: Bool = true)
    /// `<choice>[:<name>]`; `name` says how the part after the colon is called.
    case choiceFor([String], name: String)
    /// `[<group>,]<key>=<value>`; `group` says how the part before the comma is called, `nil` that there is none.
    case setting(group: String?, groupRequired: Bool = false)
    /// `<names>:<key>=<value>` of Triton's restricted interfaces.
    case restriction
    /// `<integer><separator><integer>`.
    case integerPair(separator: Character, placeholders: String)
    /// `<device>:<fraction>`.
    case deviceFraction
    /// `<name>:<count>[:<device>]`.
    case resource

    package static let anyInteger = ValueKind.integer(Int(Int32.min)...Int(Int32.max))
    package static let count = ValueKind.integer(0...Int(Int32.max))
    package static let port = ValueKind.integer(0...65_535)
    package static let byteSize = ValueKind.integer(0...Int.max)

    package var isPair: Bool {
        switch self {
        case .setting, .restriction, .integerPair, .deviceFraction, .resource: true
        default: false
        }
    }

    /// The value as `--help` shows it: `<integer>`.
    package var placeholder: String {
        switch self {
        case .none: ""
        case .bool: "<boolean>"
        case .integer(_, unlimited: .some): "<integer|none>"
        case .integer, .level: "<integer>"
        case .number: "<number>"
        case .string, .nonEmptyString: "<string>"
        case .path, .absolutePath: "<path>"
        case .address: "<address>"
        case .choice(let choices, _): "<" + choices.joined(separator: "|") + ">"
        case .choiceFor(let choices, let name): "<" + choices.joined(separator: "|") + ">[:<\(name)>]"
        case .setting(let group?, true): "<\(group)>,<setting>=<value>"
        case .setting(let group?, false): "[<\(group)>,]<setting>=<value>"
        case .setting(group: nil, _): "<setting>=<value>"
        case .restriction: "<names>:<key>=<value>"
        case .integerPair(_, let placeholders): placeholders
        case .deviceFraction: "<device>:<fraction>"
        case .resource: "<name>:<count>[:<device>]"
        }
    }

    /// What is wrong with `text` as a value of this kind, to be put after "must be "; `nil` if nothing is.
    package func fault(in text: String) -> String? {
        switch self {
        case .none, .bool:
            Self.bool(text) == nil ? "true, on, 1, false, off or 0" : nil
        case .integer, .level:
            integer(text) == nil ? integerDescription : nil
        case .number(let range):
            Double(text).map { range.contains($0) } ?? false
                ? nil : "a number from \(range.lowerBound) to \(range.upperBound)"
        case .string:
            nil
        case .nonEmptyString, .path:
            text.isEmpty || text.contains("\0") ? "a non-empty string" : nil
        case .absolutePath:
            text.hasPrefix("/") && !text.contains("\0") ? nil : "an absolute path"
        case .address:
            NetworkAddress.isWellFormed(text) ? nil : "an IP address or a host name"
        case .choice(let choices, _):
            choice(text) == nil ? "one of " + choices.joined(separator: ", ") : nil
        case .setting, .restriction, .integerPair, .deviceFraction, .resource, .choiceFor:
            isWellFormedPair(text) ? nil : "of the form " + placeholder
        }
    }

    package static func bool(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "on", "1": true
        case "false", "off", "0": false
        default: nil
        }
    }

    package func integer(_ text: String) -> Int? {
        switch self {
        case .integer(let range, let unlimited):
            if let unlimited, text.lowercased() == "none" { return unlimited }
            return Int(text).flatMap { range.contains($0) ? $0 : nil }
        case .level:
            switch text.lowercased() {
            case "true": return 1
            case "false": return 0
            default: return Int(text).flatMap { Int32(exactly: $0) }.map { Int($0) }
            }
        default:
            return nil
        }
    }

    /// The choice that `text` names, as the table spells it.
    package func choice(_ text: String) -> String? {
        guard case .choice(let choices, let ignoringCase) = self else { return nil }
        return choices.first { $0 == text || (ignoringCase && $0.lowercased() == text.lowercased()) }
    }

    private var integerDescription: String {
        guard case .integer(let range, let unlimited) = self else { return "an integer" }
        let orNone = unlimited == nil ? "" : ", or none"
        return switch (range.lowerBound, range.upperBound) {
        case (let low, Int.max), (let low, Int(Int32.max)): "an integer of at least \(low)\(orNone)"
        default: "an integer from \(range.lowerBound) to \(range.upperBound)\(orNone)"
        }
    }
}
