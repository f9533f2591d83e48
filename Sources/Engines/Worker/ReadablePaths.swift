// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Paths that a worker may read.
enum ReadablePaths {
    /// Those of `paths` that are there, without what lies within another.
    static func outermost(_ paths: Set<String>) -> [String] {
        let there = paths.filter { path in
            path.hasPrefix("/") && path != "/" && !path.hasSuffix("/") && !path.contains("/../")
                && access(path, R_OK) == 0
        }
        return there.filter { path in !there.contains { $0 != path && path.hasPrefix($0 + "/") } }.sorted()
    }

    /// `path` absolute and without links; `nil`, and `errno`, if nothing is there.
    static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
