// SPDX-License-Identifier: Apache-2.0

extension Recogniser {
    static let requirements = Recogniser.text(matches: RequirementsReader.isRequirements) {
        (text, file, limits) throws(Unreadable) in
        [.requirements(try RequirementsReader.read(text, file: file, limits: limits))]
    }

    /// Lock files and manifests whose names tell nothing of how they are written.
    static let dependencies = Recogniser.text(matches: { dependencyNames.contains($0.name) }) {
        (text, file, limits) throws(Unreadable) in
        var limits = limits
        // For each file of each package there are several values.
        limits.nodes *= 5
        switch file.split(separator: "/").last ?? "" {
        case "setup.cfg":
            let requirements = RequirementsManifestReader.setup(text, file: file)
            guard requirements.requirements.count <= limits.nodes else {
                throw Unreadable(Place(file), "the file has more than \(limits.nodes) requirements")
            }
            return [.requirements(requirements)]
        case "Pipfile":
            let document = try DataReader.toml(text, file: file, limits: limits)
            return [.requirements(RequirementsManifestReader.pipfile(document))]
        case "Pipfile.lock":
            return try DataReader.yaml(text, file: file, limits: limits).map {
                .requirements(RequirementsLockReader.read($0))
            }
        default:
            let document = try DataReader.toml(text, file: file, limits: limits)
            return [.requirements(RequirementsLockReader.read(document))]
        }
    }

    private static let dependencyNames = RequirementsLockReader.names.union(["Pipfile", "setup.cfg"])

    static let dependencyDocuments = Recogniser.data { document in
        let name = document.file.split(separator: "/").last.map(String.init) ?? ""
        if RequirementsLockReader.isPylock(name) { return [.requirements(RequirementsLockReader.read(document))] }
        let file =
            switch name {
            case "pyproject.toml": RequirementsManifestReader.pyproject(document)
            case "uv.toml": RequirementsManifestReader.uv(document)
            default: RequirementsManifestReader.conda(document)
            }
        return file.map { [.requirements($0)] } ?? []
    }
}
