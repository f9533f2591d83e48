// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Why a finding does not count.
package enum Suppression: Sendable, Equatable {
    /// Somebody answers for it, with these words.
    case waived(reason: String)
    /// It was there when the baseline was made.
    case baseline
}

/// What is known about findings before an audit: waivers and a baseline.
package struct Suppressions: Sendable {
    package var waivers: [Waiver]
    package var baseline: Baseline

    package init(waivers: [Waiver] = [], baseline: Baseline = Baseline()) {
        self.waivers = waivers
        self.baseline = baseline
    }

    /// One for each finding, in their order. A finding of the baseline that is there once more than it was counts once.
    /// - Parameter today: as `2026-11-22`; waivers hold to the end of the day that they name.
    package func apply(to findings: [Finding], today: String) -> [Suppression?] {
        var left = baseline.counts
        let valid = waivers.filter { $0.expires >= today }
        return findings.map { finding in
            if let waiver = valid.first(where: { $0.covers(finding) }) { return .waived(reason: waiver.reason) }
            let fingerprint = finding.fingerprint
            guard let count = left[fingerprint], count > 0 else { return nil }
            left[fingerprint] = count - 1
            return .baseline
        }
    }

    package func expired(today: String) -> [Waiver] { waivers.filter { $0.expires < today } }
}

/// A finding that somebody answers for, until a day.
package struct Waiver: Sendable, Equatable {
    package var rule: String
    /// Of the files that it is about; `nil`: all.
    package var path: Glob?
    package var reason: String
    /// The last day that it holds, as `2026-12-31`: such texts compare as the days do.
    package var expires: String
    package var place: Place

    func covers(_ finding: Finding) -> Bool {
        finding.rule == rule && path.map { $0.matches(finding.place.file) } ?? true
    }

    /// Reads `waivers:` of a YAML file: a list of `rule`, `reason`, `expires` and, if not all files are meant, `path`.
    /// - Throws: the first thing that is wrong, with its place.
    package static func read(_ text: String, file: String) throws(Unreadable) -> [Waiver] {
        guard let root = try DataReader.yaml(text, file: file).first?.root else { return [] }
        for member in root.members where member.key != "waivers" {
            throw Unreadable(member.keyPlace, "unknown key \(Printed.quoted(member.key)): a waiver file has 'waivers'")
        }
        guard let list = root["waivers"], case .list(let items, _) = list else {
            throw Unreadable(root.place, "a waiver file has a list 'waivers'")
        }
        var waivers: [Waiver] = []
        for item in items { waivers.append(try waiver(item)) }
        return waivers
    }

    private static func waiver(_ node: DataNode) throws(Unreadable) -> Waiver {
        for member in node.members where !["rule", "path", "reason", "expires"].contains(member.key) {
            throw Unreadable(member.keyPlace, "unknown key \(Printed.quoted(member.key)) of a waiver")
        }
        func text(_ key: String, _ what: String) throws(Unreadable) -> Located<String> {
            guard let value = node[key]?.located, !value.value.isEmpty else {
                throw Unreadable(node.place, "a waiver needs '\(key)': \(what)")
            }
            return value
        }
        let rule = try text("rule", "the rule's id, as BKL-D001")
        guard RuleTable.rule(rule.value) != nil else {
            throw Unreadable(
                rule.place,
                "there is no rule \(Printed.quoted(rule.value)); 'buckler audit --list' has all"
            )
        }
        let expires = try text("expires", "the last day that it holds, as 2026-12-31")
        guard CivilDay.isDay(expires.value) else {
            throw Unreadable(expires.place, "\(Printed.quoted(expires.value)) is no day: write it as 2026-12-31")
        }
        return Waiver(
            rule: rule.value,
            path: node["path"]?.text.map { Glob($0) },
            reason: try text("reason", "why the finding may stay").value,
            expires: expires.value,
            place: node.place
        )
    }
}
