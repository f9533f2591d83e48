// SPDX-License-Identifier: Apache-2.0
import Access
import Inference
import Settings

/// What `buckler config show` prints, for people and for programs. Nothing in it is a secret.
struct ConfigReport: Encodable {
    struct Origin: Encodable, Equatable {
        enum Kind: String, Encodable {
            case flag, file, environment, profile, `default`, follows
        }

        var kind: Kind
        /// The file, the profile, the variable, or the flag that is followed.
        var name: String?
        var line: Int?
        var column: Int?
    }

    struct Value: Encodable {
        /// With `…` for what is not shown.
        var value: String
        var origin: Origin
    }

    struct Setting: Encodable {
        /// A flag's name without dashes, or a variable of the environment.
        var name: String
        var group: String
        /// None where nothing is set.
        var values: [Value]
        /// In words, what holds where nothing is set.
        var whenUnset: String?
        /// Why it changes nothing, for flags that are only accepted.
        var notice: String?
    }

    var profile: String
    var settings: [Setting]

    init(_ input: SettingsInput, environment: [String: String]) {
        profile = input.profile.rawValue
        let flags = input.effective.map { setting in
            Setting(
                name: setting.flag.name,
                group: setting.flag.group.rawValue,
                values: setting.values.map { Value(value: setting.shown($0), origin: Origin($0.origin)) },
                whenUnset: setting.values.isEmpty ? setting.flag.literalDefault : nil,
                notice: setting.notice
            )
        }
        settings = Self.grouped(flags + Self.variables(environment))
    }

    /// Each group once, where its first setting stands.
    static func grouped(_ settings: [Setting]) -> [Setting] {
        var groups: [String] = []
        var members: [String: [Setting]] = [:]
        for setting in settings {
            if members[setting.group] == nil { groups.append(setting.group) }
            members[setting.group, default: []].append(setting)
        }
        return groups.flatMap { members[$0] ?? [] }
    }

    /// What `serve` reads from the environment.
    private static func variables(_ environment: [String: String]) -> [Setting] {
        let shown: [(name: String, disclosure: (String) -> String, whenUnset: String)] = [
            ("BUCKLER_HOME", { $0 }, "~/.buckler"),
            (KeyLines.variable, keys, "no keys"),
        ]
        return shown.map { name, disclosure, whenUnset in
            let value = environment[name].flatMap { $0.isEmpty ? nil : disclosure($0) }
            let origin = Origin(kind: .environment, name: name)
            return Setting(
                name: name,
                group: "Environment",
                values: value.map { [Value(value: $0, origin: origin)] } ?? [],
                whenUnset: value == nil ? whenUnset : nil
            )
        }
    }

    private static func keys(_ value: String) -> String {
        value.hasPrefix(Disclosure.commandPrefix) ? Disclosure.source.text(value) : Disclosure.omission
    }
}

extension ConfigReport.Origin {
    init(_ origin: EffectiveSetting.Origin) {
        switch origin {
        case .commandLine: self.init(kind: .flag)
        case .file(let name, let line, let column): self.init(kind: .file, name: name, line: line, column: column)
        case .profile(let profile): self.init(kind: .profile, name: profile.rawValue)
        case .byDefault: self.init(kind: .default)
        case .flag(let name): self.init(kind: .follows, name: name)
        }
    }

    var text: String {
        switch kind {
        case .flag: "command line"
        case .file: "\(name ?? ""):\(line ?? 1)"
        case .environment: "environment"
        case .profile: "--profile \(name ?? "")"
        case .default: "default"
        case .follows: "--\(name ?? "")"
        }
    }
}

extension ConfigReport {
    /// A longer value pushes its origin to the right, and no other.
    private static let widestValue = 40

    var text: String {
        let rows = settings.map { ($0, cells(of: $0)) }
        let nameWidth = settings.map(\.name.count).max() ?? 0
        let valueWidth = min(Self.widestValue, rows.flatMap(\.1).map(\.value.count).max() ?? 0)
        var lines: [String] = []
        var group = ""
        for (setting, cells) in rows {
            if setting.group != group {
                group = setting.group
                lines += (lines.isEmpty ? [] : [""]) + [Terminal.output.styled(group, .bold)]
            }
            for (index, cell) in cells.enumerated() {
                let name = Self.padded(index == 0 ? setting.name : "", to: nameWidth)
                let line = "  \(name)  \(Self.padded(cell.value, to: valueWidth))  \(cell.origin)"
                lines.append(cell.isPlain ? Terminal.output.styled(line, .dim) : line)
            }
        }
        return lines.joined(separator: "\n")
    }

    private typealias Cells = (value: String, origin: String, isPlain: Bool)

    private func cells(of setting: Setting) -> [Cells] {
        guard !setting.values.isEmpty else { return [("(\(setting.whenUnset ?? "none"))", "default", true)] }
        return setting.values.map { value in
            let note = setting.notice.map { "; changes nothing: \($0)" } ?? ""
            let isPlain = value.origin.kind == .default || !note.isEmpty
            return (Printable.text(value.value), Printable.text(value.origin.text) + note, isPlain)
        }
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
