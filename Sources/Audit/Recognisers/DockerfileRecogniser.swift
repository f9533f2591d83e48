// SPDX-License-Identifier: Apache-2.0

extension Recogniser {
    /// Those that are called so. Others are read where a build names them.
    static let dockerfile = Recogniser.text(matches: { FileKinds.isDockerfile(name: $0.name) }) {
        (text, file, limits) throws(Unreadable) in
        let dockerfile = try DockerfileReader.read(text, file: file, limits: limits)
        return [.dockerfile(dockerfile)] + dockerfile.scripts.flatMap { CommandSubjects.subjects(of: $0) }
    }
}
