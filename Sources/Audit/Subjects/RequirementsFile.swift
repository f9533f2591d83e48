// SPDX-License-Identifier: Apache-2.0

/// A `requirements.txt`, a lock file or a project's manifest: what is installed, and from where.
///
/// Source: pip's "Requirements File Format", and PEP 508 for the requirements themselves.
package struct RequirementsFile: Sendable {
    package enum Kind: Sendable {
        /// pip installs it as it stands: `requirements.txt`.
        case requirements
        /// A whole environment is made of it, unless a lock beside it says more: `Pipfile`, `environment.yml`.
        case environment
        /// What a project says that it needs, which may be for others to narrow: `pyproject.toml`, `setup.cfg`.
        case manifest
        /// Everything that is installed in the end: `uv.lock` and its like.
        case lock

        /// Whether everything in it is installed as it stands.
        package var isInstalled: Bool { self == .requirements || self == .lock }
    }

    package var path: String
    package var kind = Kind.requirements
    package var requirements: [Requirement] = []
    package var options: [Option] = []
    /// Addresses of indexes that manifests and locks name, of which a lock names one with each package.
    var indexes: Set<String> = []

    /// `-i URL`, `--trusted-host=HOST`, `-r other.txt`.
    package struct Option: Sendable, Equatable {
        /// The long name: `--index-url` for `-i`.
        package var name: String
        /// Empty for one that has none.
        package var value: String
        package var place: Place
    }

    package init(path: String) { self.path = path }

    package func options(_ name: String) -> [Option] { options.filter { $0.name == name } }

    /// Paths in the tree of the files that `-r` and `-c` name; those that lead out of it are left out.
    var named: [String] {
        (options("--requirement") + options("--constraint")).compactMap { TreePath.resolve($0.value, besides: path) }
    }
}

/// One thing to install.
package struct Requirement: Sendable, Equatable {
    /// As written, without extras; empty for an address or path that names none.
    package var name: String
    /// `==2.0.1`, `>=1,<2`, as written without spaces; empty if any version will do.
    package var version: String
    /// Of `name @ address`, or the address or path alone.
    package var address: String?
    /// `-e`: built and installed from where it lies.
    package var isEditable: Bool
    /// Of `--hash=…`.
    package var hashes: [String]
    package var place: Place

    /// Whether it can only ever be one version: `==` without `*`, or `===`; for an address, a hash or a commit in it.
    package var isPinned: Bool {
        if let address { return !hashes.isEmpty || address.contains("#sha256=") || Self.hasCommit(address) }
        return version.split(separator: ",").contains { clause in
            clause.hasPrefix("==") && !clause.contains("*") && clause.utf8.count > 2
        }
    }

    /// `git+https://host/path@` and forty hexadecimal digits.
    private static func hasCommit(_ address: String) -> Bool {
        guard let at = address.utf8.lastIndex(of: UInt8(ascii: "@")) else { return false }
        let commit = address.utf8[address.utf8.index(after: at)...].prefix { $0 != UInt8(ascii: "#") }
        return commit.count == 40
            && commit.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || (0x41...0x46).contains($0)
            }
    }

    package init(name: String, version: String, address: String?, hashes: [String], place: Place) {
        self.name = name
        self.version = version
        self.address = address
        isEditable = false
        self.hashes = hashes
        self.place = place
    }

    /// - Parameter text: one requirement, without comments.
    package init(_ text: String, place: Place, isEditable: Bool = false) {
        self.place = place
        self.isEditable = isEditable
        var words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        hashes = words.filter { $0.hasPrefix("--hash=") }.map { String($0.dropFirst(7)) }
        words.removeAll { $0.hasPrefix("--") }
        let bare = words.joined(separator: " ")
        if isEditable || Self.isAddress(bare) {
            name = bare.range(ofEgg: "#egg=") ?? ""
            version = ""
            address = bare
            return
        }
        // What follows ';' says where it is to be installed.
        let wanted = bare.prefix { $0 != ";" }
        let end = wanted.firstIndex { "[<>=!~@( ".contains($0) } ?? wanted.endIndex
        name = String(wanted[..<end])
        var rest = wanted[end...].drop { $0 == " " }
        if rest.first == "[" { rest = rest.drop { $0 != "]" }.dropFirst() }
        rest = rest.drop { $0 == " " }
        if rest.first == "@" {
            version = ""
            address = rest.dropFirst().drop { $0 == " " }.split(separator: " ").first.map(String.init) ?? ""
        } else {
            version = String(rest.filter { !" ()".contains($0) })
            address = nil
        }
    }

    private static func isAddress(_ text: String) -> Bool {
        if text.hasPrefix(".") || text.hasPrefix("/") || text.hasPrefix("~") { return true }
        let first = text.prefix { $0 != " " && $0 != "@" }
        return first.contains("://") || first.hasSuffix(".whl") || first.hasSuffix(".tar.gz") || first.hasSuffix(".zip")
    }
}

extension String {
    fileprivate func range(ofEgg marker: String) -> String? {
        guard let hash = lastIndex(of: "#"), self[hash...].hasPrefix(marker) else { return nil }
        return String(self[index(hash, offsetBy: marker.count)...].prefix { $0 != "&" && $0 != "[" })
    }
}
