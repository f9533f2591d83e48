// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Settings

/// What a person probably meant with a command line that could not be parsed.
///
/// The argument parser takes a mistyped subcommand for an argument too many, and looks at options that it does not
/// know only when nothing else is amiss: `--modl` then reads as if `--model` were not there.
struct MistypedArgument: Equatable {
    /// As in `buckler remote`.
    let command: String
    let message: String

    /// - Parameter arguments: those behind the program's name.
    /// - Returns: `nil` if every subcommand and every long option is one that there is.
    init?(in arguments: [String], of root: CommandOutline) {
        var (command, path) = (root, root.commandName)
        var rest = arguments[...]
        while let names = command.subcommandNames, let argument = rest.popFirst(), !argument.hasPrefix("-") {
            guard argument != "help" else { return nil }
            guard let next = command.subcommands?.first(where: { $0.commandName == argument }) else {
                let hint = Suggestion.nearest(to: argument, among: names).map { "did you mean \($0)?" }
                let known = hint ?? "there is \(names.joined(separator: ", "))"
                self.init(command: path, message: "unknown command \(Printable.text(argument)); \(known)")
                return
            }
            command = next
            path += " " + next.commandName
        }
        let options = command.optionNames
        for argument in rest.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
            let name = String(argument.dropFirst(2).prefix { $0 != "=" })
            guard !options.contains(name) else { continue }
            let hint = Suggestion.nearest(to: name, among: options).map { "; did you mean --\($0)?" } ?? ""
            self.init(command: path, message: "unknown option --\(Printable.text(name))\(hint)")
            return
        }
        return nil
    }

    private init(command: String, message: String) {
        self.command = command
        self.message = message
    }
}

/// What the argument parser knows of a command, as `--experimental-dump-help` prints it.
struct CommandOutline: Decodable {
    struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String
        }

        var names: [Name]?
    }

    private struct Tool: Decodable {
        var command: CommandOutline
    }

    var commandName: String
    var subcommands: [CommandOutline]?
    var arguments: [Argument]?

    static func of(_ command: any ParsableCommand.Type) throws -> CommandOutline {
        try JSONDecoder().decode(Tool.self, from: Data(command._dumpHelp().utf8)).command
    }

    /// `nil` for a command that takes arguments instead.
    var subcommandNames: [String]? {
        let names = (subcommands ?? []).map(\.commandName).filter { $0 != "help" }
        return names.isEmpty ? nil : names
    }

    var optionNames: [String] {
        (arguments ?? []).flatMap { $0.names ?? [] }.filter { $0.kind == "long" }.map(\.name)
            + ["help", "help-hidden", "version", "generate-completion-script", "experimental-dump-help"]
    }
}
