// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Settings

/// `buckler serve`: its arguments are tritonserver's, which our own parser reads.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve models to clients that speak Triton's protocols."
    )

    @Argument(parsing: .captureForPassthrough, help: "Triton's flags; see buckler serve --help.")
    var arguments: [String] = []

    func run() async throws {
        ProcessSecrecy.begin()
        do throws(SettingsError) {
            switch try SettingsInput.read(arguments: arguments) {
            case .help: Terminal.output.line(ServeHelp.text())
            case .version: Terminal.output.line(BucklerVersion.text)
            case .serve(let input):
                let settings = try input.validSettings(environment: ProcessInfo.processInfo.environment)
                await serve(settings, given: input.given)
            }
        } catch {
            Terminal.failure(of: "buckler serve", error.message)
            throw ExitCode.failure
        }
    }
}
