// SPDX-License-Identifier: Apache-2.0

/// What a rule looks at, and how it judges it. A rule for several kinds of thing has several checks.
package enum RuleCheck: Sendable {
    /// The directory of one model: which files there are, and of what kind.
    case modelDirectory(@Sendable (ModelDirectoryView, inout Findings) -> Void)
    /// A `config.pbtxt`.
    case modelConfig(@Sendable (ModelConfigFile, inout Findings) -> Void)
    /// A model's file, by its content.
    case modelFile(@Sendable (ModelFile, inout Findings) -> Void)
    /// A Python source, by what its syntax tree says.
    case python(@Sendable (PythonModule, inout Findings) -> Void)
    /// A `Dockerfile`.
    case dockerfile(@Sendable (Dockerfile, inout Findings) -> Void)
    /// Commands of a shell: a script, `RUN`, what a container runs.
    case shellScript(@Sendable (ShellScript, inout Findings) -> Void)
    /// A container of a compose file, of a Kubernetes manifest or of a `docker run`.
    case container(@Sendable (Container, inout Findings) -> Void)
    /// What a Kubernetes manifest or compose file says beside its containers.
    case workload(@Sendable (Workload, inout Findings) -> Void)
    /// A `tritonserver`, `buckler serve` or `bentoml serve`, wherever it is written.
    case serverCommand(@Sendable (ServerCommand, inout Findings) -> Void)
    /// A `bentofile.yaml`, or `[tool.bentoml.build]` in `pyproject.toml`.
    case bentoBuild(@Sendable (BentoBuild, inout Findings) -> Void)
    /// BentoML's `configuration.yaml`.
    case bentoConfiguration(@Sendable (DataDocument, inout Findings) -> Void)
    /// A `requirements.txt`, or a lock file.
    case requirements(@Sendable (RequirementsFile, inout Findings) -> Void)
    /// Everything together, for what is missing in all of it.
    case project(@Sendable (Project, inout Findings) -> Void)

    /// What it looks at, for people.
    package var subject: String {
        switch self {
        case .modelDirectory: "a model's directory"
        case .modelConfig: "config.pbtxt"
        case .modelFile: "model files, by content"
        case .python: "Python sources"
        case .dockerfile: "Dockerfiles"
        case .shellScript: "shell commands (scripts, RUN, what containers run)"
        case .container: "containers (compose, Kubernetes, docker run)"
        case .workload: "Kubernetes manifests and compose files"
        case .serverCommand: "command lines of servers"
        case .bentoBuild: "bentofile.yaml, pyproject.toml"
        case .bentoConfiguration: "BentoML's configuration.yaml"
        case .requirements: "requirements and lock files"
        case .project: "the project as a whole"
        }
    }
}

/// Takes what a rule finds, and knows which rule that is.
package struct Findings: Sendable {
    private let rule: String
    private let severity: Severity
    package private(set) var all: [Finding] = []
    /// What there was no room for.
    package private(set) var left = 0
    /// A hostile file must not make a report that nobody can hold.
    package static let limitForEachRule = 1000

    package init(of rule: Rule, severity: Severity) {
        self.rule = rule.id
        self.severity = severity
    }

    /// - Parameters:
    ///   - message: one sentence, without a full stop, that names the offending thing; hostile parts through ``Printed``.
    ///   - weaker: for something less bad than what the rule is otherwise about; it never makes it worse.
    package mutating func add(_ place: Place, _ message: String, weaker: Severity? = nil, fix: Fix? = nil) {
        let severity = min(severity, weaker ?? severity)
        guard all.count < Self.limitForEachRule else {
            left += 1
            return
        }
        let message = Credentials.concealed(in: message.unicodeScalars)
        all.append(Finding(rule: rule, severity: severity, place: place, message: message, fix: fix))
    }
}
