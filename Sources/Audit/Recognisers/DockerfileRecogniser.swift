// SPDX-License-Identifier: Apache-2.0

extension Recogniser {
    /// `Dockerfile`, `Containerfile`, and names that begin or end with them. Others are read where a build names them.
    static let dockerfile = Recogniser.text(matches: { isDockerfile($0.name) }) {
        (text, file, limits) throws(Unreadable) in
        let dockerfile = try DockerfileReader.read(text, file: file, limits: limits)
        return [.dockerfile(dockerfile)] + dockerfile.scripts.flatMap { CommandSubjects.subjects(of: $0) }
    }

    /// What ends the names of programs and texts about Dockerfiles.
    private static let otherKinds: Set<Substring> = [
        "dockerignore", "c", "cpp", "cs", "go", "h", "html", "java", "js", "kt", "md", "py", "rb", "rs", "rst", "swift",
        "ts",
    ]

    private static func isDockerfile(_ name: String) -> Bool {
        let name = name.lowercased()
        if let last = name.split(separator: ".").last, otherKinds.contains(last) { return false }
        // A file of another kind is called so too: `dockerfile-lint.yml`.
        let ending = name.lastIndex(of: ".").map { name[name.index(after: $0)...] }
        let isBare = ending.map { !$0.isEmpty && $0.allSatisfy(\.isNumber) } ?? true
        return ["dockerfile", "containerfile"].contains { kind in
            if name == kind || name.hasPrefix(kind + ".") || name.hasSuffix("." + kind) { return true }
            return isBare
                && ["-", "_"].contains { name.hasPrefix(kind + $0) || name.hasSuffix($0 + kind) }
        }
    }
}
