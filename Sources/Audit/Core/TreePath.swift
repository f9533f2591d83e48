// SPDX-License-Identifier: Apache-2.0

/// Paths by which files of a tree name each other.
enum TreePath {
    private static let limit = 4096

    /// - Parameter path: of the file that says `name`.
    /// - Returns: `nil` for what is no path from where the file lies, or leads out of the tree.
    static func resolve(_ name: String, besides path: String) -> String? {
        guard !name.contains("://"), !name.hasPrefix("/"), name.utf8.count <= limit else { return nil }
        var names = path.split(separator: "/").dropLast()
        for part in name.split(separator: "/") where part != "." {
            if part != ".." {
                names.append(part)
            } else {
                guard let last = names.popLast(), last != ".." else { return nil }
            }
        }
        return (path.hasPrefix("/") ? "/" : "") + names.joined(separator: "/")
    }
}
