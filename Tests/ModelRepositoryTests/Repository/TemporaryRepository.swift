// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A directory that is gone with the value that made it.
final class TemporaryRepository {
    /// Holds `root` and, beside it, whatever a test puts out of the server's reach.
    let base: String
    var root: String { base + "/root" }

    init() throws {
        var template = Array(("/tmp/repository.XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(errno: errno) }
        base = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try makeDirectory("")
    }

    deinit { try? FileManager.default.removeItem(atPath: base) }

    struct Failure: Error {
        var errno: Int32
    }

    func makeDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: root + "/" + path, withIntermediateDirectories: true)
    }

    func write(_ path: String, _ content: String = "") throws {
        try write(path, Array(content.utf8))
    }

    func write(_ path: String, _ content: [UInt8]) throws {
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        try makeDirectory(parent)
        try Data(content).write(to: URL(filePath: root + "/" + path))
    }

    func writeOutside(_ name: String, _ content: String) throws {
        try Data(content.utf8).write(to: URL(filePath: base + "/" + name))
    }

    func link(_ path: String, to target: String) throws {
        guard symlink(target, root + "/" + path) == 0 else { throw Failure(errno: errno) }
    }

    func makeFIFO(_ path: String) throws {
        guard mkfifo(root + "/" + path, 0o600) == 0 else { throw Failure(errno: errno) }
    }

    /// Moves the root away and puts an empty one in its place.
    func replaceRoot() throws {
        try FileManager.default.moveItem(atPath: root, toPath: base + "/old")
        try makeDirectory("")
    }

    /// A file that claims `size` bytes and takes no space on disk.
    func makeSparse(_ path: String, size: Int) throws {
        try write(path)
        guard truncate(root + "/" + path, off_t(size)) == 0 else { throw Failure(errno: errno) }
    }
}
