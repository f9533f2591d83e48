// SPDX-License-Identifier: Apache-2.0

/// Rules about model files, by their content.
enum ModelFileRules {
    static let all: [Rule] = [
        .pickleInModelFile, .nativeCodeInModel, .archiveInModel, .scriptInModel, .malformedModelFile, .nameMismatch,
        .onnxExternalData, .customOperators, .modelSize, .suspiciousText, .graphFileOperation, .kerasCode,
        .templateCode, .chatTemplate, .remoteCode, .objectArray, .unverifiableModel, .unknownContent, .polyglotFile,
        .opaqueArchive,
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
            let problems = file.inspection.problems.filter { $0.kind == kind }
            for problem in problems.prefix(Self.toldProblems) {
                findings.add(Place(file.path), problem.sentence, weaker: weaker(file))
            }
            guard problems.count > Self.toldProblems else { return }
            let more = problems.count - Self.toldProblems
            findings.add(
                Place(file.path),
                "\(more) more like these: 'buckler inspect' tells them",
                weaker: weaker(file)
            )
        }
    }

    /// Of one kind in one file: an archive may have as many as it has members.
    private static let toldProblems = 3
}
