// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Engines
import Inference

/// `buckler sandbox`: what workers would be shut in by.
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "See which layers of the sandbox hold on this host.",
        subcommands: [Check.self]
    )

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try each layer of the sandbox on this host.",
            discussion: """
                Each layer is put on in a process of its own, as the user who runs this command. The exit status is 0 \
                if all layers that are required hold, and 1 otherwise. What each one stops: Docs/Sandbox.md.
                """
        )

        @Option(
            help: ArgumentHelp(
                "What has to hold, by name and with commas, instead of the default; or none.",
                valueName: "layers"
            )
        )
        var require: String?

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let report: SandboxReport
            do throws(ServingError) {
                report = try SandboxLauncher.beside().check(requiring: require)
            } catch {
                Terminal.failure(of: "buckler sandbox check", error.message + (error.cause.map { " (\($0))" } ?? ""))
                throw ExitCode.failure
            }
            Terminal.output.line(json ? try JSONOutput.text(report) : report.text)
            guard report.isSound else {
                for advice in report.advice { Terminal.failure(of: "buckler sandbox check", advice) }
                throw ExitCode.failure
            }
        }
    }
}

extension SandboxReport {
    var text: String {
        var table = TextTable([("layer", .left), ("here", .left), ("required", .left), ("", .left)])
        for layer in layers {
            table.append([
                layer.name, layer.holds ? "holds" : "does not hold", layer.isRequired ? "yes" : "no", layer.detail,
            ])
        }
        return table.text
    }
}
