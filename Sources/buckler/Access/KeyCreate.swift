// SPDX-License-Identifier: Apache-2.0
import Access
import ArgumentParser
import Inference

extension KeyCommand {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key. It is shown once, on standard output.",
            discussion: """
                Unless told otherwise a key may use all models (scopes infer and metadata) and ends after 90 days.

                buckler key create ci --model 'fraud-*' --expires 2027-01-01 --rate 100/s
                """
        )

        @Argument(help: "Whom it is for: letters, digits and . _ - @.")
        var name: String

        @Option(name: .customLong("scope"), help: "What it may do: \(scopeNames). Can be given again.")
        var scopeList: [String] = []

        @Option(help: ArgumentHelp("The same as a list with commas.", valueName: "scope,scope"))
        var scopes: String?

        @Option(
            name: .customLong("model"),
            help: ArgumentHelp(
                "Which models it reaches: 'fraud-*', 'mlp@3'. Can be given again. (default: '*')",
                valueName: "pattern"
            )
        )
        var modelList: [String] = []

        @Option(help: ArgumentHelp("When it ends: 90d, 12h, 2027-01-01 or never.", valueName: "time"))
        var expires = "90d"

        @Option(help: "The group that its holder belongs to.")
        var tenant: String?

        @Option(
            help: ArgumentHelp("Requests that it may make, for each second or minute: 100/s, 600/m.", valueName: "rate")
        )
        var rate: String?

        @Option(help: ArgumentHelp("Requests that may come at once after a pause (with --rate).", valueName: "count"))
        var burst: String?

        @Option(help: ArgumentHelp("Bytes of tensors that it may send each second: 10M.", valueName: "bytes"))
        var bytesPerSecond: String?

        @Option(help: ArgumentHelp("Requests that it may have under way.", valueName: "count"))
        var concurrent: String?

        @Flag(help: "Do not store it: print a line for BUCKLER_API_KEYS or --api-key-file.")
        var printOnly = false

        @Flag(help: "Print JSON.")
        var json = false

        func validate() throws {
            if scopes != nil && !scopeList.isEmpty { throw ValidationError("Use --scope or --scopes, not both.") }
            if printOnly && json { throw ValidationError("Use --print-only or --json, not both.") }
        }

        func run() async throws {
            let now = KeyCommand.now
            if printOnly {
                let line = try KeyCommand.reporting("create") { () throws(ServingError) in
                    let terms = try terms(at: now)
                    try terms.check()
                    return KeyLines.line(terms, key: .random())
                }
                Terminal.output.line(line)
                return Terminal.progress("nothing was stored: this line is the key, keep it like a password")
            }
            let new = try KeyCommand.reporting("create") { () throws(ServingError) in
                let terms = try terms(at: now)
                return try KeyStore(home: BucklerHome()).update { (table) throws(ServingError) in
                    try table.create(terms, at: now)
                }
            }
            try KeyReport.show(new, json: json, at: now)
        }

        private func terms(at now: Int64) throws(ServingError) -> KeyTerms {
            var terms = try KeyTerms(name: name)
            let scopes = scopeList.isEmpty ? scopes : scopeList.joined(separator: ",")
            let models = modelList.isEmpty ? nil : modelList.joined(separator: ",")
            let given: [(KeyTerms.Field, String?)] = [
                (.scopes, scopes), (.models, models), (.expires, expires), (.tenant, tenant), (.rate, rate),
                (.burst, burst), (.bytesPerSecond, bytesPerSecond), (.concurrent, concurrent),
            ]
            for case let (field, text?) in given { try terms.set(field, to: text, at: now) }
            return terms
        }

        private static var scopeNames: String { Scope.grantable.map(\.rawValue).joined(separator: ", ") }
    }
}
