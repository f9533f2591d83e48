// SPDX-License-Identifier: Apache-2.0
private import Inference

/// `Docs/Flags.md`. A test compares the file with this text, so that neither can say what the other does not.
package enum FlagReference {
    package static var markdown: String {
        let own = FlagTable.own
        return """
            # Flags of `buckler serve`

            Generated from the table that the command reads its flags from; a test compares the two.
            `--flag value`, `--flag=value` and unambiguous beginnings of names all work, and a boolean may stand alone for
            `true`. The same names without dashes are the keys of the file that `--config` names.

            *works*: as in Triton; *only `x` works*: every other value is refused. *accepted and logged*: the value is
            checked, then a line in the log says that it changes nothing. *refused*: the server does not start. Where two
            defaults are given, the second is that of `--profile=triton`.

            ## All \(FlagTable.triton.count) flags of tritonserver

            \(table(of: FlagTable.triton))

            ## Buckler's own \(own.count) flags

            \(table(of: own))

            """
    }

    private static func table(of flags: [Flag]) -> String {
        let rows = flags.map { flag in
            "| "
                + [
                    "`--\(flag.name)`", flag.group.rawValue, defaults(of: flag), state(of: flag), note(on: flag),
                ].joined(separator: " | ") + " |"
        }
        return (["| flag | group | default | state | note |", "|---|---|---|---|---|"] + rows).joined(separator: "\n")
    }

    private static func defaults(of flag: Flag) -> String {
        guard flag.kind != .none, let secure = flag.defaultText(profile: .secure) else { return "" }
        let triton = flag.defaultText(profile: .triton)
        return triton == secure ? secure : "\(secure); \(triton ?? "")"
    }

    private static func state(of flag: Flag) -> String {
        switch flag.disposition {
        case .works(.fixed): "only `\(flag.literalDefault ?? "")` works"
        case .works: "works"
        case .accepted: "accepted and logged"
        case .refused: "refused"
        }
    }

    private static func note(on flag: Flag) -> String {
        var parts = [flag.help]
        switch flag.disposition {
        case .works: break
        case .accepted(let reason), .refused(let reason): parts.append(capitalised(reason) + ".")
        }
        for (value, reason) in flag.refusedValues.sorted(by: { $0.key < $1.key }) {
            parts.append("`\(value)` is refused: \(reason).")
        }
        return parts.joined(separator: " ").replacing("|", with: "\\|")
    }

    private static func capitalised(_ sentence: String) -> String {
        sentence.prefix(1).uppercased() + sentence.dropFirst()
    }
}
