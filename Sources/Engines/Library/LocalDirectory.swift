// SPDX-License-Identifier: Apache-2.0
private import CLinux
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// What is done to directories of this machine while an engine is installed.
enum LocalDirectory {
    /// Makes `path` and what is missing above it, for this user alone.
    static func create(_ path: String) throws(ServingError) {
        if exists(path) { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try create(String(path[..<slash])) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw LocalFile.failure("create", path) }
    }

    /// A new directory beneath `parent` that nobody else can know.
    static func createTemporary(in parent: String) throws(ServingError) -> String {
        var template = Array((parent + "/.installing-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw LocalFile.failure("create", parent) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// What installations that were ended in the middle have left, once none can still be at work on it.
    static func removeLeftovers(in parent: String) {
        guard let directory = opendir(parent) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            let path = parent + "/" + name
            var status = stat()
            guard name.hasPrefix(".installing-"), lstat(path, &status) == 0,
                time(nil) - status.st_mtim.tv_sec > leftoverSeconds
            else { continue }
            _ = buckler_remove_tree(path)
        }
    }

    private static let leftoverSeconds = 3600

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Names in `path`, sorted, without those that start with a dot; empty if there is no such directory.
    static func list(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes the files in `path`, which holds no directories of its own except empty ones, and then `path`.
    static func remove(_ path: String) {
        for name in list(path) where unlink(path + "/" + name) != 0 { rmdir(path + "/" + name) }
        rmdir(path)
    }

    static func move(_ from: String, to: String) throws(ServingError) {
        guard rename(from, to) == 0 else { throw LocalFile.failure("move", to) }
    }
}
