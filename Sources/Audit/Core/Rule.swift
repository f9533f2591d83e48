// SPDX-License-Identifier: Apache-2.0

/// What is unsafe, why, how to mend it, and how to tell: one rule, one file beneath `Rules/`.
///
/// `Docs/Rules.md`, `buckler audit --explain` and the tests of the rule come from this value.
package struct Rule: Sendable {
    /// `BKL-` and a letter for what it is about, then a number that is never given to another rule:
    /// `M` model files, `R` model repositories, `E` ensembles, `P` Python code, `B` packaging, `S` services,
    /// `D` containers, `N` servers and their command lines.
    package var id: String
    /// A few words, as a headline: `Container is privileged`.
    package var title: String
    /// In the default profile; ``RuleSeverities`` has the others.
    package var severity: Severity
    /// What an attacker gains by it.
    package var why: String
    /// What to write instead.
    package var mend: String
    package var references: [RuleReference]
    /// What it must find, each alone.
    package var bad: [RuleExample]
    /// What it must leave alone.
    package var good: [RuleExample]
    package var checks: [RuleCheck]
    /// Whether the line that it finds has a secret on it: no report repeats such a line.
    package var hidesLine: Bool

    package init(
        id: String,
        title: String,
        severity: Severity,
        why: String,
        mend: String,
        references: [RuleReference],
        bad: [RuleExample],
        good: [RuleExample],
        checks: [RuleCheck],
        hidesLine: Bool = false
    ) {
        self.id = id
        self.title = title
        self.severity = severity
        self.why = why
        self.mend = mend
        self.references = references
        self.bad = bad
        self.good = good
        self.checks = checks
        self.hidesLine = hidesLine
    }
}

extension Rule {
    /// What it looks at, for people; each kind once.
    package var subjects: [String] {
        var subjects: [String] = []
        for check in checks where !subjects.contains(check.subject) { subjects.append(check.subject) }
        return subjects
    }
}

/// The same thing in other people's lists.
package enum RuleReference: Sendable, Equatable {
    case cwe(Int)
    /// `LLM05` of OWASP's list for large language models.
    case owaspLLM(String)
    /// `A01:2025` of OWASP's Top 10.
    case owasp(String)
    case cve(String)
    /// Kubernetes' Pod Security Standards.
    case podSecurity(String)
    case cisDocker(String)
    case kubeLinter(String)
    case kubesec(String)
    case checkov(String)
    case trivy(String)
    case hadolint(String)
    case bandit(String)
    /// A rule of the sheets that Buckler enforces: `BentoML: Runner Security`.
    case sheet(String)

    /// As it is printed.
    package var text: String {
        switch self {
        case .cwe(let number): "CWE-\(number)"
        case .owaspLLM(let id): "OWASP \(id)"
        case .owasp(let id): "OWASP \(id)"
        case .cve(let id): id
        case .podSecurity(let level): "Pod Security Standards (\(level))"
        case .cisDocker(let id): "CIS Docker \(id)"
        case .kubeLinter(let id): "kube-linter \(id)"
        case .kubesec(let id): "kubesec \(id)"
        case .checkov(let id): "checkov \(id)"
        case .trivy(let id): "trivy \(id)"
        case .hadolint(let id): "hadolint \(id)"
        case .bandit(let id): "bandit \(id)"
        case .sheet(let rule): rule
        }
    }
}

/// Files that show a rule at work: a whole project, since what is missing can only be seen in a whole.
package struct RuleExample: Sendable {
    /// By path, as in `models/a/config.pbtxt`.
    package var files: [String: [UInt8]]

    package init(_ files: [String: [UInt8]]) { self.files = files }

    /// As it is shown to people: each file with its name, if all are short texts; `nil` otherwise.
    package var shown: String? {
        guard files.count <= 4, files.values.allSatisfy({ $0.count <= 2000 }) else { return nil }
        var parts: [String] = []
        for (path, content) in files.sorted(by: { $0.key < $1.key }) {
            guard let text = String(validating: content, as: UTF8.self), !text.contains("\0") else { return nil }
            let indented = text.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }
            parts.append(([path + ":"] + indented).joined(separator: "\n"))
        }
        return parts.joined(separator: "\n")
    }

    /// One text file.
    package static func file(_ name: String, _ text: String) -> RuleExample { RuleExample([name: Array(text.utf8)]) }

    /// Several text files.
    package static func files(_ texts: [String: String]) -> RuleExample {
        RuleExample(texts.mapValues { Array($0.utf8) })
    }

    /// One file of bytes.
    package static func bytes(_ name: String, _ content: [UInt8]) -> RuleExample { RuleExample([name: content]) }
}
