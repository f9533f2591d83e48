// SPDX-License-Identifier: Apache-2.0

/// `bentofile.yaml`, or `[tool.bentoml.build]` of `pyproject.toml`: what is packed into a bento, and how its image is
/// built.
///
/// Fields as BentoML 1.4 has them, and `docker.user`, which it has not and the rules want.
package struct BentoBuild: Sendable {
    package var path: String
    /// The map of all fields.
    package var root: DataNode

    package init(path: String, root: DataNode) {
        self.path = path
        self.root = root
    }

    package var docker: DataNode? { root["docker"] }
    package var python: DataNode? { root["python"] }

    /// Directory of the build, with `/` at its end; empty for the root of what is audited. What is packed lies
    /// beneath it.
    package var directory: String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    /// Of a list of texts, or of one text.
    package func texts(_ node: DataNode?) -> [Located<String>] {
        guard let node else { return [] }
        if let one = node.located { return node.isNull ? [] : [one] }
        return node.items.compactMap(\.located)
    }

    package var packages: [Requirement] {
        texts(python?["packages"]).map { Requirement($0.value, place: $0.place) }
    }

    /// A variable for the image, or for a part of its life.
    package struct Variable: Sendable {
        package var name: String
        package var value: String?
        package var place: Place
    }

    /// Of `docker.env` (a list of `NAME=value` or maps, or a map) and of `envs` (maps with `name` and `value`).
    package var variables: [Variable] {
        Self.variables(docker?["env"]) + Self.variables(root["envs"])
    }

    private static func variables(_ node: DataNode?) -> [Variable] {
        guard let node else { return [] }
        var all = node.members.map { Variable(name: $0.key, value: $0.value.text, place: $0.value.place) }
        for item in node.items {
            if let text = item.located {
                let parts = text.value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let value = parts.count > 1 ? String(parts[1]) : nil
                all.append(Variable(name: String(parts[0]), value: value, place: text.place))
            } else if let name = item["name"]?.text {
                let place = item["value"]?.place ?? item.place
                all.append(Variable(name: name, value: item["value"]?.text, place: place))
            } else {
                all += item.members.map { Variable(name: $0.key, value: $0.value.text, place: $0.value.place) }
            }
        }
        return all
    }

    /// Fields whose values are paths of files that are packed or read, by their names.
    package var paths: [(field: String, value: Located<String>)] {
        var found: [(String, Located<String>)] = []
        func add(_ field: String, _ node: DataNode?) { found += texts(node).map { (field, $0) } }
        add("docker.setup_script", docker?["setup_script"])
        add("run_script", docker?["run_script"])
        add("docker.dockerfile_template", docker?["dockerfile_template"])
        add("conda.environment_yml", root[path: "conda", "environment_yml"])
        add("python.requirements_txt", python?["requirements_txt"])
        add("python.wheels", python?["wheels"])
        add("include", root["include"])
        // A description is a text, unless it says that it is a file.
        if let text = root["description"]?.located, text.value.hasPrefix("file:") {
            let path = text.value.dropFirst(5).drop { $0 == " " }
            found.append(("description", Located(String(path), at: text.place)))
        }
        if let script = docker?["env"]?.located, !script.value.contains("=") { found.append(("docker.env", script)) }
        return found
    }

    /// - Returns: `nil` if the document is none.
    static func recognise(_ document: DataDocument) -> BentoBuild? {
        let name = document.file.split(separator: "/").last.map { $0.lowercased() } ?? ""
        if name == "pyproject.toml" {
            guard let tool = document.root[path: "tool", "bentoml"] else { return nil }
            return BentoBuild(path: document.file, root: tool["build"] ?? tool)
        }
        guard case .map = document.root else { return nil }
        if name.hasPrefix("bentofile") { return BentoBuild(path: document.file, root: document.root) }
        let looksLikeOne =
            document.root["service"]?.text?.contains(":") == true
            && ["include", "python", "docker", "conda", "envs", "models"].contains { document.root[$0] != nil }
        return looksLikeOne ? BentoBuild(path: document.file, root: document.root) : nil
    }
}

extension Recogniser {
    static let bentoBuild = Recogniser.data { document in
        guard let build = BentoBuild.recognise(document) else { return [] }
        let environment = RequirementsManifestReader.conda(build)
        return [.bentoBuild(build)] + (environment.map { [.requirements($0)] } ?? [])
    }

    /// BentoML's `configuration.yaml`.
    static let bentoConfiguration = Recogniser.data { document in
        document.isBentoConfiguration ? [.bentoConfiguration(document)] : []
    }
}
