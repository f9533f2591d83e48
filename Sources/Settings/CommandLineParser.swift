// SPDX-License-Identifier: Apache-2.0

/// Reads arguments as GNU `getopt_long` does, since scripts written for Triton rely on it: `--flag value`, `--flag=value`
/// and beginnings of names. Beyond it, a boolean may stand alone for `true`.
package enum CommandLineParser {
    package static func parse(_ arguments: [String]) throws(SettingsError) -> [Assignment] {
        var assignments: [Assignment] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                if let extra = rest.first { throw unexpected(extra) }
                break
            }
            guard argument.hasPrefix("--") || argument == "-h" else {
                throw unexpected(argument, after: arguments.dropLast(rest.count + 1).last)
            }
            let body = argument == "-h" ? "help" : argument.dropFirst(2)
            let equals = body.firstIndex(of: "=")
            let flag = try lookUp(String(body[..<(equals ?? body.endIndex)]))
            let value: String
            if let equals {
                value = String(body[body.index(after: equals)...])
            } else {
                value = try next(for: flag, from: &rest)
            }
            let assignment = Assignment(flag: flag, value: value, origin: .commandLine)
            try assignment.check()
            assignments.append(assignment)
        }
        return assignments
    }

    private static func lookUp(_ typed: String) throws(SettingsError) -> Flag {
        switch FlagTable.match(typed) {
        case .flag(let flag):
            return flag
        case .ambiguous(let names):
            let list = names.map { "--\($0)" }.joined(separator: ", ")
            throw SettingsError("option --\(Printable.text(typed)) is ambiguous; it could be \(list)")
        case .unknown(let suggestion):
            let hint = suggestion.map { "; did you mean --\($0)?" } ?? ""
            throw SettingsError("unknown option --\(Printable.text(typed))\(hint)")
        }
    }

    /// The value of a flag that was written without `=`.
    private static func next(for flag: Flag, from rest: inout ArraySlice<String>) throws(SettingsError) -> String {
        switch flag.kind {
        case .none:
            // A word that could only be the value of this one: nothing stands alone on this command line.
            guard let following = rest.first, ValueKind.bool(following) != nil else { return "true" }
            rest.removeFirst()
            return following
        case .bool:
            guard let following = rest.first, !following.hasPrefix("--") else { return "true" }
            rest.removeFirst()
            return following
        default:
            guard let following = rest.popFirst() else {
                throw SettingsError("option --\(flag.name) needs a value: --\(flag.name)=\(flag.kind.placeholder)")
            }
            return following
        }
    }

    private static func unexpected(_ argument: String, after previous: String? = nil) -> SettingsError {
        guard argument.hasPrefix("-"), argument.count > 1 else {
            let text = Printable.text(argument)
            // Behind a flag it was meant for its value; an empty word or a dash is no directory.
            let isValue = previous.map { $0.hasPrefix("--") && !$0.contains("=") } ?? false
            let isDirectory = !isValue && !argument.isEmpty && argument != "-"
            let hint = isDirectory ? "; did you mean --model-repository=\(text)?" : ""
            return SettingsError("unexpected argument '\(text)'\(hint)")
        }
        let name = argument.drop { $0 == "-" }.prefix { $0 != "=" }
        if case .flag(let flag) = FlagTable.match(String(name)) {
            return SettingsError("unknown option \(Printable.text(argument)); did you mean --\(flag.name)?")
        }
        return SettingsError("unknown option \(Printable.text(argument)); options begin with --")
    }
}
