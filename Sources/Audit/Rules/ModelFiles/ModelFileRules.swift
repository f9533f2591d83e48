// SPDX-License-Identifier: Apache-2.0

/// Rules about model files, by their content.
enum ModelFileRules {
    static let all: [Rule] = [
        .pickleInModelFile, .nativeCodeInModel, .archiveInModel, .scriptInModel, .malformedModelFile, .nameMismatch,
        .onnxExternalData, .customOperators, .modelSize, .suspiciousText, .graphFileOperation, .kerasCode,
        .templateCode, .chatTemplate, .remoteCode, .objectArray, .unverifiableModel, .unknownContent, .polyglotFile,
    ]
}

extension RuleCheck {
    /// Reports what the inspector found of one kind, in the inspector's words.
    /// - Parameter applies: whether it matters for this file.
    static func problems(
        _ kind: InspectionProblem.Kind,
        weaker: @escaping @Sendable (ModelFile) -> Severity? = { _ in nil },
        where applies: @escaping @Sendable (ModelFile) -> Bool = { _ in true }
    ) -> RuleCheck {
        .modelFile { file, findings in
            guard applies(file) else { return }
            for problem in file.inspection.problems where problem.kind == kind {
                findings.add(Place(file.path), problem.sentence, weaker: weaker(file))
            }
        }
    }
}
