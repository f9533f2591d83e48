// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Buckler's own directory: `$BUCKLER_HOME`, else `.buckler` in the user's home.
package struct BucklerHome: Sendable, Hashable {
    /// Absolute, without a slash at its end.
    package let path: String

    /// - Parameter path: `nil` for what the environment says.
    /// - Throws: `.invalidArgument` for a path that is not absolute, or where there is none at all.
    package init(_ path: String? = nil) throws(ServingError) {
        guard let path = path ?? Self.fromEnvironment else {
            throw ServingError(.invalidArgument, "set BUCKLER_HOME: there is no home directory to keep things in")
        }
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw ServingError(.invalidArgument, "BUCKLER_HOME must be an absolute path", cause: path)
        }
        var kept = Substring(path)
        while kept.count > 1, kept.last == "/" { kept.removeLast() }
        self.path = String(kept)
    }

    private static var fromEnvironment: String? {
        if let home = getenv("BUCKLER_HOME"), home.pointee != 0 { return String(cString: home) }
        return getenv("HOME").flatMap { $0.pointee == 0 ? nil : String(cString: $0) + "/.buckler" }
    }

    /// Makes it, and what is missing above it, for this user alone.
    /// - Throws: `.permissionDenied`, with the command to type as the cause, if it cannot be made or written.
    package func prepare() throws(ServingError) {
        try Self.make(path, for: self)
        guard access(path, W_OK | X_OK) == 0 else { throw unwritable(errno) }
    }

    private static func make(_ path: String, for home: BucklerHome) throws(ServingError) {
        if access(path, F_OK) == 0 { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try make(String(path[..<slash]), for: home) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw home.unwritable(errno) }
    }

    private func unwritable(_ code: CInt) -> ServingError {
        let reason = String(cString: strerror(code))
        return ServingError(
            .permissionDenied,
            "Buckler's own directory cannot be written: \(reason)",
            cause: "type: sudo install -d -m 700 -o \"$(id -un)\" \(Self.quoted(path))\n"
                + "or:   export BUCKLER_HOME=DIRECTORY, with one that you may write"
        )
    }

    /// For a command that is shown to be typed.
    package static func quoted(_ path: String) -> String {
        "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
