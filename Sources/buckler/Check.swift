// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Inference
import Logging
import ModelRepository
import Serving
import Settings

/// `buckler check`: loads a model without serving it.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Load a model without serving it; say what is wrong and what was filled in.",
        discussion: """
            Everything that `buckler serve` does to a model before its first request is done here too: the configuration \
            is read, completed from the model file and validated, the engine opens every version that the version policy \
            picks. The exit status is 0 if all of them load.
            """
    )

    @Argument(help: ArgumentHelp("A model's directory, as in models/digits.", valueName: "model-dir"))
    var directory: String

    @ArgumentParser.Flag(help: "Do not fill in what the configuration leaves out.")
    var disableAutoCompleteConfig = false

    @Option(help: ArgumentHelp("Prefer configs/<name>.pbtxt.", valueName: "name"))
    var modelConfigName: String?

    @Option(help: ArgumentHelp("As for serve: [<engine>,]<key>=<value>. May be repeated.", valueName: "setting"))
    var backendConfig: [String] = []

    @Option(help: ArgumentHelp("As for serve: process or worker.", valueName: "placement"))
    var placement: String?

    @ArgumentParser.Flag(help: "Print the completed configuration too.")
    var printConfig = false

    @ArgumentParser.Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let result: ModelCheck
        do throws(ServingError) {
            result = try check()
        } catch {
            Terminal.failure(of: "buckler check", error.message + (error.cause.map { " (\($0))" } ?? ""))
            throw ExitCode.failure
        }
        let report = CheckReport(result, directory: directory)
        Terminal.output.line(json ? try JSONOutput.text(report) : report.text(withConfig: printConfig))
        if !report.isSound { throw ExitCode.failure }
    }

    private func check() throws(ServingError) -> ModelCheck {
        let path = URL(fileURLWithPath: directory).standardizedFileURL
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path.path, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw ServingError(
                .invalidArgument,
                "there is no directory '\(Printable.text(directory))': give a model's, as in models/digits"
            )
        }
        let parts = ServerParts(settings: try settings(root: path.deletingLastPathComponent().path), logger: Self.quiet)
        var loading = parts.loadSettings
        loading.admission = try ServerAdmission.make(parts.settings, logger: Self.quiet)
        return ModelCheck(
            model: path.lastPathComponent,
            repository: try ModelRepository(roots: parts.settings.repository.paths),
            engines: parts.engines,
            settings: loading
        )
    }

    /// What `serve` would make of the same flags, so that both judge a model alike.
    private func settings(root: String) throws(ServingError) -> ServerSettings {
        var arguments = ["--model-repository=\(root)"]
        if disableAutoCompleteConfig { arguments.append("--disable-auto-complete-config") }
        if let modelConfigName { arguments.append("--model-config-name=\(modelConfigName)") }
        arguments += backendConfig.map { "--backend-config=\($0)" }
        if let placement { arguments.append("--placement=\(placement)") }
        do {
            guard case .serve(let settings) = try ServerSettings.resolve(arguments: arguments, environment: [:]) else {
                preconditionFailure("these arguments ask for a server")
            }
            return settings
        } catch {
            throw ServingError(.invalidArgument, error.message)
        }
    }

    private static let quiet = Logger(label: "buckler.check") { _ in SwiftLogNoOpLogHandler() }
}

/// What `buckler check` found, for people and for programs.
struct CheckReport: Encodable {
    /// Relative to the model's directory; lines and columns from 1.
    struct Place: Encodable {
        var file: String
        var line: Int
        var column: Int

        init(_ place: ServingError.Place) {
            file = place.file
            line = place.line
            column = place.column
        }
    }

    struct Version: Encodable {
        var version: Int64
        var loads: Bool
        var error: String?
        var cause: String?
        var place: Place?
        var config: String?
    }

    var model: String
    var directory: String
    var isSound: Bool
    var error: String?
    var cause: String?
    var place: Place?
    var versions: [Version]
    var warnings: [String]
    var completed: [String]

    init(_ check: ModelCheck, directory: String) {
        model = check.name
        self.directory = SecretText.concealed(directory)
        isSound = check.isSound
        error = check.error?.message
        cause = check.error?.cause
        place = check.error?.place.map(Place.init)
        versions = check.versions.map {
            Version(
                version: $0.version,
                loads: $0.error == nil,
                error: $0.error?.message,
                cause: $0.error?.cause,
                place: $0.error?.place.map(Place.init),
                config: $0.configurationJSON
            )
        }
        warnings = check.warnings + check.findings.map { "\($0.severity) \($0.rule): \($0.message)" }
        completed = check.completed
    }

    func text(withConfig: Bool) -> String {
        let terminal = Terminal.output
        func line(_ mark: String, _ style: Terminal.Style, _ text: String) -> String {
            "  " + terminal.styled(mark.padding(toLength: 9, withPad: " ", startingAt: 0), style) + text
        }
        var lines = [terminal.styled(directory, .bold)]
        if let error { lines.append(line("error", .red, error)) }
        if let cause { lines.append(line("", .dim, cause)) }
        for version in versions {
            if let error = version.error {
                lines.append(line("error", .red, "version \(version.version): \(error)"))
                if let cause = version.cause { lines.append(line("", .dim, cause)) }
            } else {
                lines.append(line("ok", .green, "version \(version.version) loads"))
            }
        }
        lines += warnings.map { line("warning", .yellow, $0) }
        lines += completed.map { line("filled in", .dim, " " + $0) }
        if withConfig { lines += versions.compactMap(\.config) }
        return lines.joined(separator: "\n")
    }
}
