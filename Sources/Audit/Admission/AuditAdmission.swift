// SPDX-License-Identifier: Apache-2.0
package import Inference
private import ModelRepository

/// The rules of the auditor at the door of every load.
package struct AuditAdmission: Admission {
    private let audit: Audit
    private let policy: AdmissionPolicy

    /// - Parameter python: reads the model's Python sources; without it they are told as not read.
    package init(
        profile: AuditProfile,
        policy: AdmissionPolicy = AdmissionPolicy(),
        python: (any PythonSourceReader)? = nil,
        limits: AuditLimits = .loads
    ) {
        // What a load is not about is not looked for: a model may well bring a Dockerfile, nobody builds it here.
        let rules = RuleTable.all.filter(RuleSeverities.isAboutModels)
        audit = Audit(profile: profile, limits: limits, rules: rules, python: python)
        self.policy = policy
    }

    package func judge(_ candidate: AdmissionCandidate) -> AdmissionVerdict {
        let (tree, path) = tree(of: candidate)
        let name = candidate.modelName
        let config: ModelConfigFile?
        do throws(Unreadable) {
            config = try configuration(of: candidate, at: path)
        } catch {
            return Self.unreadable([error])
        }
        let result = audit.run(tree, model: AuditedModel(name: name, path: path, config: config))
        // What could not be read was not judged, and so is not trusted.
        var verdict = Self.unreadable(result.unreadable)
        for finding in result.findings {
            let mode = policy.mode(of: finding, model: name)
            if mode == .off { continue }
            let told = AdmissionFinding(
                rule: finding.rule,
                severity: finding.severity.rawValue,
                message: "\(TextReport.place(finding.place)): \(finding.message)"
            )
            verdict.findings.append(told)
            if mode == .enforce { verdict.refused.append(told) }
        }
        return verdict
    }

    private static func unreadable(_ problems: [Unreadable]) -> AdmissionVerdict {
        let findings = problems.map {
            AdmissionFinding(
                rule: unreadableRule,
                severity: Severity.error.rawValue,
                message: "\(TextReport.place($0.place)): \($0.message)"
            )
        }
        return AdmissionVerdict(findings: findings, refused: findings)
    }

    /// In place of a rule's id, for what no rule could look at.
    private static let unreadableRule = "unreadable"

    /// A repository's directory is looked at through its root, as loads do: links may lead anywhere beneath it.
    private func tree(of candidate: AdmissionCandidate) -> (any AuditTree, path: String) {
        if let directory = candidate.files as? ModelDirectory {
            var tree = DiskTree(limits: audit.limits, excluded: { _, _, _ in false })
            tree.add(model: directory.name, of: directory.root)
            return (tree, directory.name)
        }
        return (ModelFilesTree(candidate.files, limits: audit.limits), "")
    }

    private func configuration(of candidate: AdmissionCandidate, at path: String) throws(Unreadable)
        -> ModelConfigFile?
    {
        let name = candidate.modelName
        switch candidate.configuration {
        case nil: return nil
        case .request(let json):
            let file = "config"
            do throws(ConfigSyntaxError) {
                return ModelConfigFile(path: file, modelName: name, parsed: try ModelConfigJSON.parse(json))
            } catch {
                throw Unreadable(Place(file, line: error.line, column: error.column), error.message)
            }
        case .file(let file, let text):
            let filePath = path.isEmpty ? file : path + "/" + file
            do throws(ConfigSyntaxError) {
                let parsed = try ModelConfigText.parse(text, file: file, limits: Self.textLimits)
                return ModelConfigFile(path: filePath, modelName: name, parsed: parsed)
            } catch {
                throw Unreadable(Place(filePath, line: error.line, column: error.column), error.message)
            }
        }
    }

    /// As long as a load itself would read.
    private static var textLimits: ConfigTextLimits {
        var limits = ConfigTextLimits()
        limits.bytes = RepositoryLimits.defaults.configurationBytes
        return limits
    }
}
