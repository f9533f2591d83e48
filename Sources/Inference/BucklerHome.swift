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
        try checkKind()
        try Self.make(path, for: self)
        guard access(path, W_OK | X_OK) == 0 else { throw unwritable(errno) }
        try check()
    }

    /// Nothing in a directory is safe from whoever can put something else in its place.
    /// - Throws: `.permissionDenied`, with the command to type as the cause, if the directory belongs to another user or
    ///   others can write to it, or to one above it that has no sticky bit. Nothing for one that is not there.
    package func check() throws(ServingError) {
        try checkKind()
        for place in [path, path + "/"] {
            guard let found = Self.status(of: place) else { continue }
            guard found.st_uid == geteuid() || found.st_uid == 0 else {
                throw ServingError(
                    .permissionDenied,
                    "Buckler's own directory belongs to another user, number \(found.st_uid)",
                    cause: "if you trust what is in it, type: sudo chown -R \"$(id -un)\" \(Self.quoted(path))"
                )
            }
        }
        var place = path
        while true {
            if let found = Self.status(of: place + "/"), found.isOpen(isHome: place == path) {
                let mode = String(found.st_mode & 0o7777, radix: 8)
                let what = place == path ? "Buckler's own directory" : "a directory above Buckler's own"
                throw ServingError(
                    .permissionDenied,
                    "\(what) can be changed by other users of this machine: its mode is \(mode)",
                    cause: "make sure that nobody put anything there, then type: chmod go-w "
                        + Self.quoted(place.isEmpty ? "/" : place)
                )
            }
            guard let slash = place.lastIndex(of: "/") else { return }
            place = String(place[..<slash])
        }
    }

    /// Of what a link leads to if `path` ends with a slash, else of the link.
    private static func status(of path: String) -> stat? {
        var found = stat()
        return lstat(path, &found) == 0 ? found : nil
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

    private func checkKind() throws(ServingError) {
        guard let found = Self.status(of: path), found.st_mode & S_IFMT != S_IFLNK, found.st_mode & S_IFMT != S_IFDIR
        else { return }
        throw ServingError(
            .permissionDenied,
            "Buckler's own directory is a file",
            cause: "type: mv \(Self.quoted(path)) \(Self.quoted(path + ".old"))\n"
                + "or:   export BUCKLER_HOME=DIRECTORY, with one that you may write"
        )
    }

    /// What to type where something in Buckler's own directory cannot be read or written.
    /// - Returns: `nil` for what is elsewhere: whose that is, and who may have it, is not for Buckler to say.
    package static func remedy(for path: String) -> String? {
        guard let home = try? BucklerHome(), path == home.path || path.hasPrefix(home.path + "/") else { return nil }
        let place = quoted(home.path)
        return "if it is yours, type: sudo chown -R \"$(id -un)\" \(place) && chmod -R u+rwX \(place)"
    }

    /// For a command that is shown to be typed.
    package static func quoted(_ path: String) -> String {
        "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

extension stat {
    /// Whether others may change what is in it. Above the home, what a sticky bit protects is safe, and the group that
    /// this user's files commonly have is taken for his own.
    fileprivate func isOpen(isHome: Bool) -> Bool {
        if isHome { return st_mode & 0o022 != 0 }
        guard st_mode & S_ISVTX == 0 else { return false }
        return st_mode & 0o002 != 0 || (st_mode & 0o020 != 0 && st_gid != getegid() && st_gid != 0)
    }
}
