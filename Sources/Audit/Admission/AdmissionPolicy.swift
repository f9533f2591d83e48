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

        func mode(of rule: String) -> AdmissionMode? { modes[rule] ?? modes[AdmissionPolicy.anyRule] }
    }

    /// In place of a rule's id: all that the same list does not name.
    private static let anyRule = "*"

    /// The later of two that name the same rule and model counts.
    private var scopes: [Scope] = []

    package init() {}

    package func mode(of finding: Finding, model: String) -> AdmissionMode {
        let named = scopes.last { scope in
            scope.mode(of: finding.rule) != nil && scope.models.map { $0.matches(model) } ?? true
        }
        return named?.mode(of: finding.rule) ?? (finding.severity == .error ? .enforce : .warn)
    }

    /// One line for each rule whose errors no longer keep a model out.
    package func relaxations(in profile: AuditProfile) -> [String] {
        scopes.flatMap { scope in
            scope.modes.sorted { $0.key < $1.key }.compactMap { id, mode in
                let models = scope.models.map { "models like \(Printed.quoted($0.description))" } ?? "all models"
                if id == Self.anyRule, mode != .enforce {
                    return "every rule that is not named is '\(mode.rawValue)' for \(models)"
                }
                guard mode != .enforce, let rule = RuleTable.rule(id),
                    RuleSeverities.severity(of: rule, in: profile) == .error
                else { return nil }
                return "\(id) (\(rule.title)) is '\(mode.rawValue)' for \(models)"
            }
        }
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
            guard member.key == anyRule || RuleTable.rule(member.key) != nil else {
                throw Unreadable(
                    member.keyPlace,
                    "there is no rule \(Printed.quoted(member.key)); 'buckler audit --list' has all"
                )
            }
            // YAML 1.1 reads a bare 'off' as false.
            let text = member.value.bool == false ? "off" : member.value.text ?? ""
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
}
