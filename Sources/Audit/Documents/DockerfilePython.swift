// SPDX-License-Identifier: Apache-2.0

extension Dockerfile {
    /// Python sources that are written out in it: by their names, or by the program that their first line asks for.
    /// Those that commands read are told with these.
    var pythonBodies: [SourceText] { instructions.flatMap(\.pythonBodies) }
}

extension DockerInstruction {
    fileprivate var pythonBodies: [SourceText] {
        switch keyword {
        case "ADD", "COPY":
            let target = words.last?.text ?? ""
            return heredocs.filter { heredoc in
                [target, heredoc.name].contains { FileKinds.isPython(path: $0) } || heredoc.body.isPythonScript
            }.map(\.body)
        case "RUN":
            guard !heredocs.isEmpty, commands.first?.words.isEmpty == true else { return [] }
            return heredocs.map(\.body).filter(\.isPythonScript)
        default: return []
        }
    }
}

extension SourceText {
    fileprivate var isPythonScript: Bool { ShellScriptText.program(self).map(FileKinds.isPython(program:)) == true }
}
