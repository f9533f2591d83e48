// SPDX-License-Identifier: Apache-2.0

/// What an audit found, and what it could not look at.
package struct AuditResult: Sendable {
    /// In the order of files, lines and rules.
    package var findings: [Finding] = []
    package var unreadable: [Unreadable] = []
    /// Files that any rule could look at.
    package var filesRead = 0

    package init() {}
}

/// Reads a tree and asks every rule about what it finds there.
package struct Audit: Sendable {
    package var profile: AuditProfile
    package var limits: AuditLimits
    package var rules: [Rule]
    /// `nil` where there is no Python: sources are then unreadable.
    package var python: (any PythonSourceReader)?

    package init(
        profile: AuditProfile = .secure,
        limits: AuditLimits = .defaults,
        rules: [Rule] = RuleTable.all,
        python: (any PythonSourceReader)? = nil
    ) {
        self.profile = profile
        self.limits = limits
        self.rules = rules
        self.python = python
    }

    /// - Parameters:
    ///   - model: of a load: the tree is this one model.
    ///   - progress: is told how many entries of how many have been read.
    package func run(
        _ tree: any AuditTree,
        model: AuditedModel? = nil,
        progress: (_ read: Int, _ all: Int) -> Void = { _, _ in }
    ) -> AuditResult {
        var reading = TreeReading(tree: tree, limits: limits, python: python, model: model)
        reading.read(progress)
        var result = judge(reading.subjects, of: reading.project)
        result.unreadable.insert(contentsOf: reading.unreadable, at: 0)
        result.filesRead = reading.filesRead
        quote(&result.findings, from: reading)
        return result
    }

    /// What the rules say of subjects that were not read from a tree.
    package func judge(_ subjects: [Subject], of project: Project = Project()) -> AuditResult {
        var result = AuditResult()
        for rule in rules {
            var findings = Findings(of: rule, severity: RuleSeverities.severity(of: rule, in: profile))
            for check in rule.checks {
                if case .project(let check) = check {
                    check(project, &findings)
                } else {
                    for subject in subjects { check.look(at: subject, &findings) }
                }
            }
            result.findings += findings.all
            if findings.left > 0 {
                let place = findings.all.last?.place ?? Place(".")
                let text = "\(rule.id) found \(findings.left) more things than the \(findings.all.count) that are told"
                result.unreadable.append(Unreadable(place, text))
            }
        }
        result.findings.sort(by: Self.order)
        return result
    }

    /// Gives each finding the line that it is about; findings of one file stand together.
    private func quote(_ findings: inout [Finding], from reading: TreeReading) {
        let secretive = Set(rules.filter(\.hidesLine).map(\.id))
        let hidden = Set(
            findings.filter { secretive.contains($0.rule) }.map { [$0.place.file, "\($0.place.line ?? 0)"] }
        )
        var file = ""
        var lines = SourceLines()
        for index in findings.indices {
            guard let line = findings[index].place.line, !hidden.contains([findings[index].place.file, "\(line)"])
            else { continue }
            if findings[index].place.file != file {
                file = findings[index].place.file
                lines = reading.texts.lines(of: file)
            }
            guard let text = lines[line] else { continue }
            let shown = Credentials.concealed(in: text.unicodeScalars.prefix(Finding.excerptLimit + 1))
            findings[index].excerpt = Printed.cut(shown, limit: Finding.excerptLimit, keepingTabs: true)
        }
    }

    private static func order(_ left: Finding, _ right: Finding) -> Bool {
        let places = (left.place, right.place)
        if places.0.file != places.1.file { return places.0.file.utf8.lexicographicallyPrecedes(places.1.file.utf8) }
        let (lines, columns) = ((places.0.line ?? 0, places.1.line ?? 0), (places.0.column ?? 0, places.1.column ?? 0))
        if lines.0 != lines.1 { return lines.0 < lines.1 }
        if columns.0 != columns.1 { return columns.0 < columns.1 }
        return (left.rule, left.message) < (right.rule, right.message)
    }
}

extension RuleCheck {
    fileprivate func look(at subject: Subject, _ findings: inout Findings) {
        switch (self, subject) {
        case (.modelDirectory(let check), .modelDirectory(let value)): check(value, &findings)
        case (.modelConfig(let check), .modelConfig(let value)): check(value, &findings)
        case (.modelFile(let check), .modelFile(let value)): check(value, &findings)
        case (.python(let check), .python(let value)): check(value, &findings)
        case (.dockerfile(let check), .dockerfile(let value)): check(value, &findings)
        case (.shellScript(let check), .shellScript(let value)): check(value, &findings)
        case (.container(let check), .container(let value)): check(value, &findings)
        case (.workload(let check), .workload(let value)): check(value, &findings)
        case (.serverCommand(let check), .serverCommand(let value)): check(value, &findings)
        case (.bentoBuild(let check), .bentoBuild(let value)): check(value, &findings)
        case (.bentoConfiguration(let check), .bentoConfiguration(let value)): check(value, &findings)
        case (.requirements(let check), .requirements(let value)): check(value, &findings)
        default: break
        }
    }
}
