// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Engines
import Inference

/// `buckler engine`: the libraries that run models.
struct EngineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine",
        abstract: "See and install the engines that run models.",
        subcommands: [List.self, Install.self]
    )

    enum Name: String, ExpressibleByArgument, CaseIterable {
        case onnxruntime
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the engines that are here.")

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let rows = try EngineCommand.reporting { () throws(ServingError) in
                try EngineReport.rows(in: EngineStore())
            }
            Terminal.output.line(json ? try JSONOutput.text(rows) : EngineReport.text(rows))
        }
    }

    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Install the pinned ONNX Runtime from PyPI, or from a file.",
            discussion: """
                The wheel is fetched by your own pip and must have the SHA-256 that this version of Buckler was built \
                with. Nothing of it is run, and only the library and its licence are kept.
                """
        )

        @Argument(help: "The engine.")
        var engine = Name.onnxruntime

        @Option(help: ArgumentHelp("A wheel or a library that is on this machine already.", valueName: "wheel|so"))
        var from: String?

        @Option(help: "The interpreter whose pip fetches the wheel.")
        var python = "python3"

        @Flag(help: "Take a library that is not the pinned one (with --from). Its SHA-256 is recorded.")
        var allowUnpinned = false

        @Flag(help: "Fetch it even if it is installed and whole.")
        var again = false

        @Flag(help: "Print JSON.")
        var json = false

        func validate() throws {
            if allowUnpinned && from == nil { throw ValidationError("--allow-unpinned needs --from.") }
        }

        func run() async throws {
            let source = from.map { EngineInstaller.Source.file($0) } ?? .pip(python: python)
            let installed = try EngineCommand.reporting { () throws(ServingError) in
                let store = try EngineStore()
                if from == nil, !again, let installed = try? store.locate() { return installed }
                try BucklerHome().prepare()
                let installer = EngineInstaller(store: store)
                return try installer.install(from: source, allowUnpinned: allowUnpinned, progress: Terminal.progress)
            }
            let row = EngineReport.row(installed, state: .ready)
            Terminal.output.line(json ? try JSONOutput.text(row) : EngineReport.text([row]))
        }
    }

    /// Prints an error as a person needs it: what to do, and what the log would say of the cause.
    static func reporting<Result>(_ body: () throws(ServingError) -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            Terminal.failure(of: "buckler engine", error.message)
            if let cause = error.cause { Terminal.error.line(Terminal.error.styled(cause, .dim)) }
            throw ExitCode.failure
        }
    }
}
