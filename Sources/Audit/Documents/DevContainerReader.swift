// SPDX-License-Identifier: Apache-2.0

/// Reads `devcontainer.json`, by which editors run a container to work in.
///
/// Source: the "Dev Container metadata reference" of containers.dev.
enum DevContainerReader {
    static func isNamed(_ name: String) -> Bool {
        ["devcontainer.json", ".devcontainer.json"].contains(name.lowercased())
    }

    /// `nil` for a file of another name. What is missing in one is left to the editor.
    static func read(_ document: DataDocument) -> Container? {
        let root = document.root
        guard isNamed(document.file.split(separator: "/").last.map(String.init) ?? ""), !root.members.isEmpty else {
            return nil
        }
        let name = root["name"]?.text ?? "devcontainer"
        let options = (root["runArgs"]?.items ?? []).compactMap(\.scalar).map(ShellWord.init)
        var container = DockerRunReader.container(name, options: options, at: root.place)
        container.image = root["image"]?.located
        container.dockerfile = (root[path: "build", "dockerfile"] ?? root["dockerFile"])?.located
        container.context = (root[path: "build", "context"] ?? root["context"])?.text
        if let privileged = root["privileged"]?.locatedBool { container.privileged = privileged }
        if let user = root["containerUser"]?.located { container.user = user }
        container.addedCapabilities += texts(root["capAdd"]).map(Container.capability)
        for option in texts(root["securityOpt"]) { container.take(securityOption: option) }
        for mount in (root["mounts"]?.items ?? []) + [root["workspaceMount"]].compactMap(\.self) {
            container.take(developmentMount: mount)
        }
        container.environment += ComposeReader.variables(root["containerEnv"])
        // Debuggers need both, and templates for compiled languages have them.
        container.addedCapabilities.removeAll { $0.value == "SYS_PTRACE" }
        container.seccomp = nil
        container.hooks = lifecycle.flatMap { commands(root[$0]) }
        return container
    }

    private static func texts(_ node: DataNode?) -> [Located<String>] { node?.items.compactMap(\.located) ?? [] }

    /// The first of them runs on the machine itself.
    private static let lifecycle = [
        "initializeCommand", "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand",
        "postAttachCommand",
    ]

    /// A line for a shell, words, or several of them by names.
    private static func commands(_ node: DataNode?) -> [[ShellWord]] {
        guard let node else { return [] }
        if let line = node.scalar { return [ShellWord.shell(line)] }
        if !node.items.isEmpty { return [node.items.compactMap(\.scalar).map(ShellWord.init)] }
        return node.members.flatMap { $0.value.members.isEmpty ? commands($0.value) : [] }
    }
}

extension Container {
    /// As `docker run --mount` has it, or a map of the same.
    fileprivate mutating func take(developmentMount node: DataNode) {
        if let text = node.located { return take(mount: text) }
        guard let target = node["target"]?.text else { return }
        let source = node["source"]?.text ?? ""
        let kind = Container.mountKind(node["type"]?.text)
        mounts.append(Mount(kind: kind, source: source, target: target, isReadOnly: false, place: node.place))
    }
}
