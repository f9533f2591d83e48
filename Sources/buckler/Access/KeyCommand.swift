// SPDX-License-Identifier: Apache-2.0
import Access
import ArgumentParser
import Foundation
import Inference

/// `buckler key`: who may use the server.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make, list, revoke and rotate the API keys of this machine's server.",
        discussion: """
            Keys are kept as digests in $BUCKLER_HOME/access/keys.json (by default beneath ~/.buckler). A running server \
            of the same user sees a change within a second.
            """,
        subcommands: [Create.self, List.self, Revoke.self, Rotate.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the keys that there are.",
            discussion: "Keys that no longer work are listed for 90 days."
        )

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let now = KeyCommand.now
            let table = try KeyCommand.reporting("list") { () throws(ServingError) in
                let home = try BucklerHome()
                try home.check()
                return try KeyStore(home: home).read()
            }
            let rows = table.records.map { KeyReport.row($0, at: now) }
            if json { return Terminal.output.line(try JSONOutput.text(rows)) }
            guard !rows.isEmpty else {
                return Terminal.error.line("There are no keys. To make one, type: buckler key create NAME")
            }
            Terminal.output.line(KeyReport.text(rows))
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a key now, and what goes on with it.",
            discussion: "By its id, or all working keys of a name. A server that runs follows within a second."
        )

        @Argument(help: ArgumentHelp("The key.", valueName: "id|name"))
        var key: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let now = KeyCommand.now
            let revoked = try KeyCommand.reporting("revoke") { () throws(ServingError) in
                try KeyStore(home: BucklerHome()).update { (table) throws(ServingError) in
                    try table.revoke(key, at: now)
                }
            }
            let rows = revoked.map { KeyReport.row($0, at: now) }
            if json { return Terminal.output.line(try JSONOutput.text(rows)) }
            if rows.isEmpty { Terminal.output.line("\(key) had ended already") }
            for row in rows { Terminal.output.line("revoked \(row.id), '\(row.name)'") }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a new key, with a new id, in the place of one.",
            discussion: "The new key may do what the old one may, and lasts as long from now as that was made to last."
        )

        @Argument(help: ArgumentHelp("The key.", valueName: "id|name"))
        var key: String

        @Option(help: ArgumentHelp("How long the old key still works: 0, 30m, 1h, 7d.", valueName: "time"))
        var grace = "0"

        @Option(help: ArgumentHelp("When the new key ends, as for create.", valueName: "time"))
        var expires: String?

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let now = KeyCommand.now
            let new = try KeyCommand.reporting("rotate") { () throws(ServingError) in
                guard let seconds = try TimeText.duration(grace) else {
                    throw ServingError(.invalidArgument, "--grace is a time like 0, 30m, 1h or 7d")
                }
                var end = KeyTable.Expiry.asBefore
                if let expires { end = .at(try TimeText.expiry(expires, at: now)) }
                return try KeyStore(home: BucklerHome()).update { (table) throws(ServingError) in
                    try table.rotate(key, grace: seconds, expiresAt: end, at: now)
                }
            }
            let end = new.predecessorEndsAt ?? now
            let old = end <= now ? "The old one no longer works." : "The old one works until \(TimeText.text(end))."
            try KeyReport.show(new, json: json, at: now, note: old)
        }
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970) }

    /// Prints an error as a person needs it: what is wrong, then the place or what to type.
    static func reporting<Result>(_ subcommand: String, _ body: () throws(ServingError) -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            Terminal.failure(of: "buckler key \(subcommand)", error.message)
            if let cause = error.cause { Terminal.error.line(Terminal.error.styled(cause, .dim)) }
            throw ExitCode.failure
        }
    }
}
