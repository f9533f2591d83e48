// SPDX-License-Identifier: Apache-2.0

extension Recogniser {
    /// Those that are called so. Others are told by their first line.
    static let shellScript = Recogniser.text(matches: { FileKinds.isShell(path: $0.name) }) {
        (text, file, _) throws(Unreadable) in
        shellSubjects(text, file: file)
    }

    /// - Parameter text: of a whole script.
    static func shellSubjects(_ text: String, file: String) -> [Subject] {
        CommandSubjects.subjects(ShellReader.commands(SourceText(text, file: file)), origin: .script)
    }
}
