// SPDX-License-Identifier: Apache-2.0

/// Shell scripts that stand in a document as the contents of files: in ConfigMaps, and in compose's `configs`.
struct WrittenScripts {
    private(set) var all: [DataNode.Scalar] = []
    /// A text that anchors repeat is read once.
    private var places: Set<Place> = []

    /// Takes what is a script by its name or by its first line.
    private mutating func take(_ content: DataNode, isNamedSo: Bool) {
        guard let scalar = content.scalar, places.insert(scalar.place).inserted else { return }
        if isNamedSo || ShellScriptText.isScript(SourceText(scalar)) { all.append(scalar) }
    }

    /// Of a map from the names of files to what is in them.
    mutating func take(files: DataNode?) {
        for file in files?.members ?? [] { take(file.value, isNamedSo: FileKinds.isShell(path: file.key)) }
    }

    /// Of a compose file; a service may give a file another name.
    mutating func take(compose root: DataNode) {
        var names: Set<String> = []
        for service in root["services"]?.members ?? [] {
            for key in ["configs", "secrets"] {
                for file in service.value[key]?.items ?? [] {
                    guard let source = file["source"]?.text, let target = file["target"]?.text else { continue }
                    if FileKinds.isShell(path: target) { names.insert(source) }
                }
            }
        }
        for key in ["configs", "secrets"] {
            for file in root[key]?.members ?? [] {
                guard let content = file.value["content"] else { continue }
                take(content, isNamedSo: names.contains(file.key) || FileKinds.isShell(path: file.key))
            }
        }
    }

    var subjects: [Subject] {
        all.flatMap { CommandSubjects.subjects(ShellReader.commands(SourceText($0)), origin: .script) }
    }
}
