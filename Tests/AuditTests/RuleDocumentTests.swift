// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import Testing

@Suite("Rules as data")
struct RuleDocumentTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Docs/Rules.md").path

    @Test("Docs/Rules.md is what the rules say")
    func document() throws {
        if ProcessInfo.processInfo.environment["BUCKLER_WRITE_DOCS"] != nil {
            try RuleDocument.text.write(toFile: Self.path, atomically: true, encoding: .utf8)
        }
        let committed = try String(contentsOfFile: Self.path, encoding: .utf8)
        #expect(committed == RuleDocument.text, "BUCKLER_WRITE_DOCS=1 swift test --filter RuleDocument writes it anew")
    }

    @Test("Ids are of one form, and no two rules share one")
    func ids() {
        let ids = RuleTable.all.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.wholeMatch(of: /BKL-[MREPBSDN][0-9]{3}/) != nil })
    }

    @Test("A rule says all that a reader needs", arguments: RuleTable.all)
    func words(_ rule: Rule) {
        #expect(!rule.title.isEmpty && !rule.title.hasSuffix("."))
        #expect(rule.why.hasSuffix("."))
        #expect(!rule.mend.isEmpty)
        #expect(rule.references.contains { if case .cwe = $0 { true } else { false } }, "\(rule.id) names no CWE")
        #expect(!rule.checks.isEmpty)
    }

    @Test("Both rule sheets are covered, rule by rule")
    func sheets() {
        let named = Set(
            RuleTable.all.flatMap(\.references).compactMap { reference -> String? in
                if case .sheet(let name) = reference { name } else { nil }
            }
        )
        #expect(named == Self.sheetRules)
    }

    private static let sheetRules: Set<String> = [
        "BentoML: Secure Bento Building and Signing", "BentoML: Implement Secure BentoML Services",
        "BentoML: Configure Secure Runner Execution", "BentoML: Secure BentoML Deployment Configuration",
        "BentoML: Implement API Authentication and Rate Limiting", "Triton: Secure Model Repository Configuration",
        "Triton: Enforce GPU and Memory Isolation", "Triton: Validate Ensemble Pipeline Security",
        "Triton: Secure gRPC and HTTP Endpoints", "Triton: Sandbox Custom Backend Code",
    ]
}
