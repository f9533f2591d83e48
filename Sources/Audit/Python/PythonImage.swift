// SPDX-License-Identifier: Apache-2.0

/// `bentoml.images.Image(…).system_packages(…).run(…)`: the image of a service, built by calls rather than by a
/// `bentofile.yaml`. Each call stands for a build file with the one field that it sets, and a command for a script.
extension PythonModule {
    var imageSubjects: [Subject] {
        calls.lazy.filter { $0.name.hasPrefix("bentoml.images.") }.flatMap { call in
            if call.method == "run" { return call.buildCommands }
            return call.build.map { [.bentoBuild(BentoBuild(path: path, root: $0))] } ?? []
        }
    }
}

extension PythonCall {
    private static let makers: Set<Substring> = ["Image", "PythonImage"]

    /// What it says, where a build file has it; `nil` if it says nothing that one could.
    fileprivate var build: DataNode? {
        let texts = arguments.flatMap(\.value.texts)
        switch method {
        case "system_packages": return map(["docker": map(["system_packages": list(texts)])])
        case "run_script": return texts.first.map { map(["docker": map(["run_script": scalar($0)])]) }
        case "requirements_file": return texts.first.map { map(["python": map(["requirements_txt": scalar($0)])]) }
        case "python_packages":
            let options = texts.filter { $0.hasPrefix("-") }
            let packages = texts.filter { !$0.hasPrefix("-") }
            return map(["python": map(["packages": list(packages), "pip_args": list(options)])])
        case let method where Self.makers.contains(method):
            // BentoML's own template ends with a user that is not root.
            var docker = ["user": scalar("bentoml")]
            docker["base_image"] = argument("base_image")?.text.map(scalar)
            let isLocked = argument("lock_python_packages")?.bool ?? true
            return map([
                "docker": map(docker),
                "python": map(["lock_packages": scalar(isLocked ? "true" : "false", isPlain: true)]),
            ])
        default: return nil
        }
    }

    /// Of `run("…")`.
    fileprivate var buildCommands: [Subject] {
        guard let text = first?.text ?? argument("command")?.text else { return [] }
        var source = SourceText(file: place.file)
        for line in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
            source.append(line, line: place.line ?? 1, column: place.column ?? 1)
            source.append("\n".unicodeScalars, line: place.line ?? 1, column: place.column ?? 1)
        }
        return CommandSubjects.subjects(ShellReader.commands(source), origin: .build)
    }

    private func map(_ members: [String: DataNode]) -> DataNode {
        let sorted = members.sorted { $0.key < $1.key }
        return .map(sorted.map { .init(key: $0.key, keyPlace: place, value: $0.value) }, place)
    }

    private func list(_ texts: [String]) -> DataNode { .list(texts.map { scalar($0) }, place) }

    private func scalar(_ text: String, isPlain: Bool) -> DataNode {
        .scalar(.init(text: text, isPlain: isPlain, place: place))
    }

    private func scalar(_ text: String) -> DataNode { scalar(text, isPlain: false) }
}
