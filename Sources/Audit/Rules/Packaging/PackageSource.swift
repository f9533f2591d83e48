// SPDX-License-Identifier: Apache-2.0

/// Where packages come from, as build files and requirements files say it.
struct PackageSource: Sendable {
    enum Kind: Sendable {
        case index, extraIndex, trustedHost, findLinks
        /// A whole file of requirements.
        case requirements
    }

    var kind: Kind
    var value: String
    var place: Place

    static func all(of build: BentoBuild) -> [PackageSource] {
        var found: [PackageSource] = []
        let fields: [(String, Kind)] = [
            ("index_url", .index), ("extra_index_url", .extraIndex), ("trusted_host", .trustedHost),
            ("find_links", .findLinks),
        ]
        for (field, kind) in fields {
            found += build.texts(build.python?[field]).map {
                PackageSource(kind: kind, value: $0.value, place: $0.place)
            }
        }
        for text in build.texts(build.python?["pip_args"]) {
            // The words of a command line are those of a line of requirements.
            found += all(of: RequirementsReader.options(of: text.value, at: text.place).options)
        }
        return found
    }

    static func all(of file: RequirementsFile) -> [PackageSource] { all(of: file.options) }

    private static func all(of options: [RequirementsFile.Option]) -> [PackageSource] {
        let names: [String: Kind] = [
            "--index-url": .index, "--extra-index-url": .extraIndex, "--trusted-host": .trustedHost,
            "--find-links": .findLinks, "--requirement": .requirements, "--constraint": .requirements,
        ]
        return options.compactMap { option in
            names[option.name].map { PackageSource(kind: $0, value: option.value, place: option.place) }
        }
    }

    /// `http://` to anywhere but this machine.
    var isPlain: Bool { Self.isPlain(value) }

    static func isPlain(_ address: String) -> Bool {
        guard let address = WebAddress(address) else { return false }
        let isPlain = address.isPlainHTTP || ["git+git", "git", "ftp"].contains(address.scheme)
        return isPlain && !address.isLoopback
    }
}
