// SPDX-License-Identifier: Apache-2.0
package import Inference

/// What `buckler serve --help` prints.
package enum ServeHelp {
    private static let width = 100
    private static let indent = 6

    package static func text(profile: Profile = .secure) -> String {
        var lines = [
            "USAGE: buckler serve --model-repository=<path> [options]",
            "",
            "Options are Triton's where Triton has one; --flag value, --flag=value and unambiguous",
            "beginnings of names all work. Defaults shown are those of --profile=\(profile.rawValue).",
        ]
        for group in FlagGroup.allCases {
            let flags = FlagTable.all.filter { $0.group == group }
            if flags.isEmpty { continue }
            lines += ["", group.rawValue.uppercased() + ":"]
            for flag in flags { lines += describe(flag, profile) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func describe(_ flag: Flag, _ profile: Profile) -> [String] {
        let value = flag.kind == .none ? "" : "=" + flag.kind.placeholder
        var sentence = flag.help
        if let text = flag.defaultText(profile: profile), flag.kind != .none { sentence += " Default: \(text)." }
        switch flag.disposition {
        case .works: break
        case .accepted(let reason): sentence += " Accepted, but changes nothing: \(reason)."
        case .refused(let reason): sentence += " Refused: \(reason)."
        }
        for (value, reason) in flag.refusedValues.sorted(by: { $0.key < $1.key }) {
            sentence += " \(value) is refused: \(reason)."
        }
        return ["  --\(flag.name)\(value)"] + wrap(sentence)
    }

    private static func wrap(_ sentence: String) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in sentence.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > width {
                lines.append(margin + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [margin + line]
    }
}
