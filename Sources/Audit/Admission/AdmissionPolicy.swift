// SPDX-License-Identifier: Apache-2.0
private import Inference

/// What comes of a finding when a model is loaded.
package enum AdmissionMode: String, Sendable, CaseIterable {
    /// The model is not loaded.
    case enforce
    /// The model is loaded, and the finding told.
    case warn
    /// Nobody hears of it.
    case off
}

/// `--admission-policy`: what each rule's findings mean for a load. A rule that it does not name enforces its errors and
/// warns of the rest.
package struct AdmissionPolicy: Sendable, Equatable {
    private struct Scope: Sendable, Equatable {
        /// `nil`: every model.
        var models: Glob?
        var modes: [String: AdmissionMode]

        func concerns(_ model: String) -> Bool { models.map { $0.matches(model) } ?? true }
    }

    /// In place of a rule's id: all that nothing names which concerns the model.
    private static let anyRule = "*"

    /// That for all models, then those for some, in their order: the later of two that say the same name counts.
    private var scopes: [Scope] = []

    package init() {}

    /// Where a rule is named comes before where all are meant, and what is for some models before what is for all.
    package func mode(of finding: Finding, model: String) -> AdmissionMode {
        var (named, any): (AdmissionMode?, AdmissionMode?)
        for scope in scopes where scope.concerns(model) {
            named = scope.modes[finding.rule] ?? named
            any = scope.modes[Self.anyRule] ?? any
        }
        return named ?? any ?? (finding.severity == .error ? .enforce : .warn)
    }

    /// One line for each entry that lets models in which a rule would keep out, or that silences a rule.
    package func relaxations(in profile: AuditProfile) -> [String] {
        var later: [String: [String]] = [:]
        var lines: [String] = []
        for scope in scopes.reversed() {
            let models = scope.models.map { "models like \(Printed.quoted($0.description))" }
            for (id, mode) in scope.modes.sorted(by: { $0.key > $1.key }) {
                if let subject = Self.relaxed(id, mode, profile) {
                    let whom = (models ?? "all models") + Self.exceptions(later[id] ?? [])
                    lines.append("\(subject) is '\(mode.rawValue)' for \(whom)")
                }
                if let models { later[id, default: []].append(models) }
            }
        }
        return lines.reversed()
    }

    /// - Returns: what becomes less strict by it; `nil` if nothing does.
    private static func relaxed(_ id: String, _ mode: AdmissionMode, _ profile: AuditProfile) -> String? {
        if mode == .enforce { return nil }
        if id == anyRule { return "every rule that is not named for a model" }
        guard let rule = RuleTable.rule(id),
            mode == .off || RuleSeverities.severity(of: rule, in: profile) == .error
        else { return nil }
        return "\(id) (\(rule.title))"
    }

    /// - Parameter models: of later entries for the same name, the last first.
    private static func exceptions(_ models: [String]) -> String {
        if models.isEmpty { return "" }
        let more = models.count > 3 ? " and \(models.count - 3) more" : ""
        return ", but not for \(models.prefix(3).joined(separator: ", "))\(more), which have an entry of their own"
    }

    /// Reads a YAML file with `rules`, a mapping of rules (or `*`) to modes, and `models`, a list of `name` (with `*`) and `rules`.
    package static func read(_ text: String, file: String) throws(Unreadable) -> AdmissionPolicy {
        var policy = AdmissionPolicy()
        let documents = try DataReader.yaml(text, file: file)
        guard documents.count < 2 else { throw Unreadable(documents[1].root.place, "a policy is one document") }
        guard let root = documents.first?.root else { return policy }
        guard case .map(let members, _) = root else {
            throw Unreadable(root.place, "a policy has 'rules' and 'models'")
        }
        for member in members {
            switch member.key {
            case "rules": policy.scopes.insert(Scope(models: nil, modes: try modes(member.value)), at: 0)
            case "models":
                guard case .list(let items, _) = member.value else {
                    throw Unreadable(member.keyPlace, "'models' is a list of 'name' and 'rules'")
                }
                for item in items { policy.scopes.append(try scope(item)) }
            default:
                throw Unreadable(
                    member.keyPlace,
                    "unknown key \(Printed.quoted(member.key)): a policy has 'rules' and 'models'"
                )
            }
        }
        return policy
    }

    private static func scope(_ node: DataNode) throws(Unreadable) -> Scope {
        for member in node.members where member.key != "name" && member.key != "rules" {
            throw Unreadable(member.keyPlace, "unknown key \(Printed.quoted(member.key)): there is 'name' and 'rules'")
        }
        guard let name = node["name"]?.text, !name.isEmpty, let rules = node["rules"] else {
            throw Unreadable(node.place, "models have a 'name', which may have '*' in it, and 'rules'")
        }
        return Scope(models: Glob(name), modes: try modes(rules))
    }

    private static func modes(_ node: DataNode) throws(Unreadable) -> [String: AdmissionMode] {
        guard case .map(let members, _) = node else {
            throw Unreadable(node.place, "'rules' has a line for each rule, as in 'BKL-R010: enforce'")
        }
        var modes: [String: AdmissionMode] = [:]
        for member in members {
            try checkRule(member)
            let text = member.value.text ?? ""
            // YAML reads 'off', 'no' and 'false' as the same; only the first is a mode.
            guard let mode = AdmissionMode(rawValue: text) else {
                throw Unreadable(
                    member.value.place,
                    "a rule is 'enforce', 'warn' or 'off', not \(Printed.quoted(text))"
                )
            }
            modes[member.key] = mode
        }
        return modes
    }

    private static func checkRule(_ member: DataNode.Member) throws(Unreadable) {
        if member.key == anyRule { return }
        guard let rule = RuleTable.rule(member.key) else {
            throw Unreadable(
                member.keyPlace,
                "there is no rule \(Printed.quoted(member.key)); 'buckler audit --list' has all"
            )
        }
        // Whoever switches it off must not believe that this changes anything.
        guard RuleSeverities.isAboutModels(rule) else {
            throw Unreadable(
                member.keyPlace,
                "\(rule.id) is not asked when a model is loaded: a policy is about rules that look at models' "
                    + "directories, configurations, files or Python sources, most of them BKL-M, R, E and P"
            )
        }
    }
}
