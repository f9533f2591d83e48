// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Inference
import Logging
import Settings

/// `buckler config`: what a server would be told.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Look at settings without serving.",
        subcommands: [Show.self]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the settings that buckler serve would have, and where each comes from.",
            discussion: """
                Takes the same flags as buckler serve, and --json. Secrets are not shown, only where they come from. The \
                exit status is 1 if buckler serve would refuse these settings.
                """
        )

        private static let quiet = Logger(label: "buckler.config") { _ in SwiftLogNoOpLogHandler() }
        private static let help = """
            USAGE: buckler config show [--json] [options of buckler serve]

            Shows the settings that buckler serve would have with the same options, file and environment, and
            where each comes from. Secrets are not shown. Options: buckler serve --help.
            """

        @Argument(parsing: .captureForPassthrough, help: "The flags of buckler serve; --json.")
        var arguments: [String] = []

        func run() async throws {
            let environment = ProcessInfo.processInfo.environment
            do {
                switch try SettingsInput.read(arguments: arguments.filter { $0 != "--json" }) {
                case .help: Terminal.output.line(Self.help)
                case .version: Terminal.output.line(BucklerVersion.text)
                case .serve(let input):
                    let report = ConfigReport(input, environment: environment)
                    Terminal.output.line(arguments.contains("--json") ? try JSONOutput.text(report) : report.text)
                    let settings = try input.validSettings(environment: environment)
                    _ = try HeaderPolicies(settings)
                    try ServerAccess.check(settings)
                    // Whether there are keys is for the server to find out.
                    try ServerParts(settings: settings, logger: Self.quiet).checkListeners(hasKeys: true)
                }
            } catch let error as SettingsError {
                Terminal.failure(of: "buckler config show", error.message)
                throw ExitCode.failure
            } catch let error as ServingError {
                Terminal.failure(of: "buckler config show", error.message)
                throw ExitCode.failure
            }
        }
    }
}
