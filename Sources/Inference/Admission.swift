// SPDX-License-Identifier: Apache-2.0

/// Decides whether a model may be loaded, before an engine opens anything of it.
package protocol Admission: Sendable {
    /// Blocks while the model's files are read.
    func judge(_ candidate: AdmissionCandidate) -> AdmissionVerdict
}

/// A model that is to be loaded, as the server has read it so far.
package struct AdmissionCandidate: Sendable {
    package var modelName: String
    package var files: any ModelFiles
    /// `nil` if there is none.
    package var configuration: Configuration?

    /// What the server goes by: a file may say something else by now.
    package enum Configuration: Sendable {
        /// The text of a file in protobuf's text format; its path is relative to the model's directory.
        case file(String, text: TensorBytes)
        /// What the load request brought, as JSON.
        case request(String)
    }

    package init(modelName: String, files: any ModelFiles, configuration: Configuration?) {
        self.modelName = modelName
        self.files = files
        self.configuration = configuration
    }
}

/// One unsafe thing that was found in a model.
package struct AdmissionFinding: Sendable, Equatable {
    /// The id of the rule that found it: `BKL-M001`.
    package var rule: String
    /// `error`, `warning`, `note`.
    package var severity: String
    /// For the operator: it may name files of the model, with places in them.
    package var message: String

    package init(rule: String, severity: String, message: String) {
        self.rule = rule
        self.severity = severity
        self.message = message
    }
}

package struct AdmissionVerdict: Sendable, Equatable {
    package var findings: [AdmissionFinding]
    /// Those of `findings` because of which the model is not loaded; it is if there are none.
    package var refused: [AdmissionFinding]

    package static let clean = AdmissionVerdict(findings: [], refused: [])

    package init(findings: [AdmissionFinding], refused: [AdmissionFinding]) {
        self.findings = findings
        self.refused = refused
    }

    package var isAdmitted: Bool { refused.isEmpty }

    /// What the load of a refused model fails with: clients learn the rules' names, the log what was found.
    package func refusal(ofModel name: String) -> ServingError? {
        guard !refused.isEmpty else { return nil }
        var rules: [String] = []
        for finding in refused where !rules.contains(finding.rule) { rules.append(finding.rule) }
        let causes = refused.prefix(Self.toldCauses).map { "\($0.rule): \($0.message)" }
        let more = refused.count > Self.toldCauses ? "; and \(refused.count - Self.toldCauses) more" : ""
        return ServingError(
            .invalidArgument,
            "model '\(name)' is refused by the admission policy: \(rules.joined(separator: ", "))",
            cause: causes.joined(separator: "; ") + more
        )
    }

    private static let toldCauses = 5
}

/// What admission has said of a model so far: for the metrics.
package struct ModelAdmission: Sendable, Equatable {
    package var model: String
    /// Of the last load that was admitted.
    package var findings: [AdmissionFinding]
    /// Loads that were refused since the server started.
    package var refusals: UInt64

    package init(model: String, findings: [AdmissionFinding], refusals: UInt64) {
        self.model = model
        self.findings = findings
        self.refusals = refusals
    }
}
