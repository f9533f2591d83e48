// SPDX-License-Identifier: Apache-2.0

extension Recogniser {
    /// Shell scripts by their ending, and entry points of images, which often have none. Others are told by their first
    /// line.
    static let shellScript = Recogniser.text(matches: { isScript($0.name) }) { (text, file, _) throws(Unreadable) in
        shellSubjects(text, file: file)
    }

    /// - Parameter text: of a whole script.
    static func shellSubjects(_ text: String, file: String) -> [Subject] {
        CommandSubjects.subjects(ShellReader.commands(SourceText(text, file: file)), origin: .script)
    }

    private static func isScript(_ name: String) -> Bool {
        let name = name.lowercased()
        if [".sh", ".ash", ".bash", ".dash", ".zsh", ".ksh"].contains(where: name.hasSuffix) { return true }
        return ["entrypoint", "docker-entrypoint"].contains(name)
    }
}
