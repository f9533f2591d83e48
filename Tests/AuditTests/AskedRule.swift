// SPDX-License-Identifier: Apache-2.0
import Audit
import Synchronization

/// Audits files with one rule that finds nothing, and keeps what it was last asked about.
func subject<Subject: Sendable>(
    of files: [String: String],
    check: (@escaping @Sendable (Subject) -> Void) -> RuleCheck
) -> (subject: Subject?, result: AuditResult) {
    let kept = Kept<Subject>()
    let rule = Rule(
        id: "BKL-T000",
        title: "",
        severity: .note,
        why: "",
        mend: "",
        references: [],
        bad: [],
        good: [],
        checks: [check { subject in kept.value.withLock { $0 = subject } }]
    )
    let result = Audit(rules: [rule]).run(MemoryTree(files.mapValues { Array($0.utf8) }))
    return (kept.value.withLock { $0 }, result)
}

private final class Kept<Subject: Sendable>: Sendable {
    let value = Mutex<Subject?>(nil)
}
