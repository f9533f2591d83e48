// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Inference

@main
struct Buckler: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "buckler",
        abstract: "A model server that speaks Triton's protocols and refuses to run what it cannot trust.",
        version: BucklerVersion.text,
        subcommands: [
            ServeCommand.self, ConfigCommand.self, Check.self, Infer.self, Remote.self, Bench.self, EngineCommand.self,
            KeyCommand.self, LedgerCommand.self, CertsCommand.self, SandboxCommand.self, AuditCommand.self,
            InspectCommand.self,
        ]
    )

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error) == .validationFailure, let outline = try? CommandOutline.of(Self.self),
                let slip = MistypedArgument(in: arguments, of: outline)
            else { end(with: error) }
            Terminal.failure(of: slip.command, slip.message)
            exit(withError: ExitCode.validationFailure)
        }
    }

    /// As the argument parser ends, whose errors repeat what was typed: without a key.
    private static func end(with error: any Error) -> Never {
        let text = fullMessage(for: error)
        let shown = SecretText.concealed(text)
        guard shown != text else { exit(withError: error) }
        Terminal.error.line(shown)
        exit(withError: exitCode(for: error))
    }
}
