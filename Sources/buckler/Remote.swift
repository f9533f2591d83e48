// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KServeClient

/// `buckler remote`: look at and steer a running server over the network.
struct Remote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at and steer the models of a running server.",
        subcommands: [List.self, Show.self, Load.self, Unload.self, Stats.self]
    )

    struct Server: ParsableArguments {
        @OptionGroup var server: ServerOptions

        @Flag(help: "Print the server's answer as JSON.")
        var json = false

        @Option(help: "Seconds to wait for an answer.")
        var timeout = 60

        func validate() throws {
            guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout is from 1 to 86400.") }
        }

        func client() async throws(ClientError) -> ServerClient {
            try await server.client(try server.address(), timeoutSeconds: timeout)
        }

        func models() async throws(ClientError) -> any ModelServerClient { try await client().models }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the models of the server's repositories.")
        @OptionGroup var server: Server
        @Flag(help: "Only models that can be asked now.")
        var ready = false

        func run() async throws {
            let index = try await server.models().repositoryIndex(readyOnly: ready)
            if server.json { return Terminal.output.line(index.prettyText) }
            Terminal.output.line(RemoteText.index(index))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a model's inputs and outputs.")
        @Argument var model: String
        @OptionGroup var server: Server
        @Option(help: "The version; all that are ready if not given.", transform: ModelVersionArgument.parse)
        var modelVersion: String?
        @Flag(help: "The completed configuration, as JSON, in place of the tensors.")
        var config = false

        func run() async throws {
            let client = try await server.client()
            if config {
                return Terminal.output.line(
                    try await client.configuration(ofModel: model, version: modelVersion).prettyText
                )
            }
            let metadata = try await client.models.metadata(ofModel: model, version: modelVersion)
            Terminal.output.line(server.json ? metadata.prettyText : RemoteText.metadata(metadata))
        }
    }

    struct Load: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Load a model, or load it again.")
        @Argument var model: String
        @OptionGroup var server: Server
        @Option(help: "A file with a ModelConfig as JSON, used in place of the one on the server's disk.")
        var config: String?

        func run() async throws {
            var configuration: String?
            if let config { configuration = try InputFile.document(config).compactText }
            try await server.models().load(model, configuration: configuration)
            Terminal.output.line(server.json ? "{}" : "'\(model)' is loaded")
        }
    }

    struct Unload: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Unload a model; requests under way finish first.")
        @Argument var model: String
        @OptionGroup var server: Server
        @Flag(help: "Also the models that it is made of.")
        var dependents = false

        func run() async throws {
            try await server.models().unload(model, dependents: dependents)
            Terminal.output.line(server.json ? "{}" : "'\(model)' is being unloaded")
        }
    }

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show how much models were asked and how long it took."
        )
        @Argument var model: String?
        @OptionGroup var server: Server
        @Option(help: "The version; all that are ready if not given.", transform: ModelVersionArgument.parse)
        var modelVersion: String?

        func run() async throws {
            let statistics = try await server.models().statistics(ofModel: model, version: modelVersion)
            Terminal.output.line(server.json ? statistics.prettyText : RemoteText.statistics(statistics))
        }
    }
}
