// SPDX-License-Identifier: Apache-2.0
import Access
import ArgumentParser
import Foundation
import Inference

/// `buckler ledger`: the audit log.
struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Verify and read the audit log.",
        subcommands: [Verify.self, Show.self, Key.self]
    )

    /// What scripts tell the outcomes apart by.
    enum Status {
        static let tampered = ExitCode(1)
        static let unreadable = ExitCode(2)
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find out whether anything was changed since it was written.",
            discussion: """
                Finds any change before the last signed checkpoint, and says how many lines come after it. With \
                --checkpoint, a checkpoint that was kept elsewhere, it also finds that lines up to there are missing. \
                Files that are missing from the beginning are a fault too, unless the server removed them itself, or \
                --archived is given. Without --public-key or --checkpoint, the key of this machine's own ledgers is trusted, if there is one. \
                The exit status is 0 if the ledger is intact, 1 if it was tampered with, 2 if it cannot be read.
                """
        )

        @Argument(help: ArgumentHelp("The ledger's directory, or one of its files.", valueName: "path"))
        var path: String

        @Option(help: ArgumentHelp("A file to which checkpoints were sent; its last one counts.", valueName: "file"))
        var checkpoint: String?

        @Option(
            help: ArgumentHelp(
                "The key to trust, as buckler ledger key prints it, or a file with it. May be repeated.",
                valueName: "hex|file"
            )
        )
        var publicKey: [String] = []

        @Flag(help: "Old files were moved away on purpose: that they are missing is no fault.")
        var archived = false

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let report = try LedgerCommand.reading { () throws(LedgerFailure) in
                var trusted: [LedgerPublicKey] = []
                for key in publicKey { trusted.append(try LedgerCommand.publicKey(key)) }
                var exported: LedgerCheckpoint?
                if let checkpoint { exported = try LedgerFiles.exportedCheckpoint(in: checkpoint) }
                if trusted.isEmpty, exported == nil { trusted = LedgerCommand.ownKeys() }
                return try LedgerFiles.verify(path, trusted: trusted, exported: exported)
            }
            Terminal.output.line(
                json ? try JSONOutput.text(report) : LedgerListing.verdict(report, isArchived: archived)
            )
            if !report.isIntact || (report.missingFile != nil && !archived) { throw Status.tampered }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the last lines of the audit log.",
            discussion: "Nothing is verified. What was escaped when it was written stays escaped."
        )

        @Argument(help: ArgumentHelp("The ledger's directory, or one of its files.", valueName: "path"))
        var path: String

        @Option(help: "How many lines.")
        var last = 50

        @Flag(help: "Only what was denied.")
        var deny = false

        @Flag(help: "Print the lines as they are.")
        var json = false

        func validate() throws {
            guard (1...1_000_000).contains(last) else { throw ValidationError("--last is from 1 to 1000000.") }
        }

        func run() async throws {
            let lines = try LedgerCommand.reading { () throws(LedgerFailure) in try lastLines() }
            if json {
                for line in lines { Terminal.output.line(line.text) }
            } else {
                Terminal.output.line(LedgerListing.table(lines))
            }
        }

        private func lastLines() throws(LedgerFailure) -> [LedgerLine] {
            var lines: [LedgerLine] = []
            for file in try LedgerFiles.paths(at: path) {
                _ = try LedgerFiles.forEachLine(of: file) { bytes in
                    guard let line = LedgerLine(bytes), !deny || line.isDenial else { return true }
                    lines.append(line)
                    // Now and then, so that not each line moves all others.
                    if lines.count >= 2 * last { lines.removeFirst(lines.count - last) }
                    return true
                }
            }
            return lines.suffix(last)
        }
    }

    struct Key: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the public key with which this machine's checkpoints are verified.",
            discussion: "The key is made if there is none: keep what is printed where the server cannot change it."
        )

        func run() async throws {
            do throws(ServingError) {
                Terminal.output.line(try LedgerKeyFile(home: BucklerHome()).loadOrCreate().publicKey.hexadecimal)
            } catch {
                Terminal.failure(of: "buckler ledger key", error.message + (error.cause.map { " (\($0))" } ?? ""))
                throw ExitCode.failure
            }
        }
    }

    /// What this user's own servers sign with; none if there is no such key, or it is not ours to read.
    private static func ownKeys() -> [LedgerPublicKey] {
        guard let home = try? BucklerHome(), let key = try? LedgerKeyFile(home: home).load() else { return [] }
        return [key.publicKey]
    }

    /// - Parameter text: 64 hexadecimal digits, or the path of a file with them.
    private static func publicKey(_ text: String) throws(LedgerFailure) -> LedgerPublicKey {
        if let key = LedgerPublicKey(hexadecimal: text.lowercased().utf8) { return key }
        guard let handle = FileHandle(forReadingAtPath: text), let data = try? handle.read(upToCount: 256) else {
            throw LedgerFailure(
                "'\(text)' is neither a public key of 64 hexadecimal digits nor a file that can be read"
            )
        }
        let content = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let key = LedgerPublicKey(hexadecimal: content.lowercased().utf8) else {
            throw LedgerFailure("'\(text)' does not hold a public key: 64 hexadecimal digits")
        }
        return key
    }

    private static func reading<Result>(_ body: () throws(LedgerFailure) -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            Terminal.failure(of: "buckler ledger", error.reason)
            throw Status.unreadable
        }
    }
}
