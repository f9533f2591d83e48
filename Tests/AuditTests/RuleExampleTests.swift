// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Examples of rules")
struct RuleExampleTests {
    /// What only a disk can have, links and permissions, is tried by ``DiskTreeTests``.
    static let provenOnDisk: Set<String> = ["BKL-R003", "BKL-R004", "BKL-R005", "BKL-R006", "BKL-R007"]

    @Test("A rule finds its bad examples", arguments: RuleTable.all)
    func bad(_ rule: Rule) {
        #expect(!rule.bad.isEmpty || Self.provenOnDisk.contains(rule.id), "\(rule.id) has no bad example")
        for example in rule.bad {
            let result = RuleExampleTests.audit(example)
            #expect(result.findings.contains { $0.rule == rule.id }, "\(rule.id): \(example) → \(result)")
        }
    }

    @Test("A rule leaves its good examples alone", arguments: RuleTable.all)
    func good(_ rule: Rule) {
        #expect(!rule.good.isEmpty, "\(rule.id) has no good example")
        for example in rule.good {
            let result = RuleExampleTests.audit(example)
            #expect(!result.findings.contains { $0.rule == rule.id }, "\(rule.id): \(example) → \(result)")
        }
    }

    static func audit(_ example: RuleExample) -> AuditResult {
        Audit(python: PythonProgram.reader).run(MemoryTree(example.files))
    }
}

extension Rule: CustomTestStringConvertible {
    public var testDescription: String { id }
}
