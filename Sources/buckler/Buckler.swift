// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

@main
struct Buckler: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "buckler",
        abstract: "A model server that speaks Triton's protocols and refuses to run what it cannot trust.",
        version: BucklerVersion.text,
        subcommands: [ServeCommand.self, Check.self, Infer.self, Remote.self, Bench.self, EngineCommand.self]
    )
}
