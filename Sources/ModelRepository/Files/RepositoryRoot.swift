// SPDX-License-Identifier: Apache-2.0
private import CLinux
import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// One `--model-repository`: a descriptor of its directory, beneath which the kernel resolves every path.
///
/// The descriptor is opened once, so that renaming or replacing the directory later changes nothing.
package final class RepositoryRoot: Sendable {
    private let directory: OpenedFile
    /// How an absolute link may name the directory: where it lay when it was opened, and as it was given.
    private let paths: [String]

    /// - Parameter path: given by whoever runs the server; links in it are followed.
    package init(path: String) throws(FileProblem) {
        let result = openBeneath(AT_FDCWD, path, Self.directoryFlags, resolve: 0)
        if result < 0 { throw FileProblem(errno: -result) }
        directory = OpenedFile(descriptor: result, followedLink: false)
        let isPlain = path.hasPrefix("/") && !path.split(separator: "/").contains("..")
        paths = [directory.path, isPlain ? path : nil].compactMap { $0 }
    }

    private static let directoryFlags = buckler_open_path_flag | O_DIRECTORY

    /// Opens a file to read it. A FIFO or a device does not block, and is refused once its kind is known.
    func openFile(_ path: String) throws(FileProblem) -> OpenedFile {
        try open(path, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
    }

    func openDirectory(_ path: String) throws(FileProblem) -> OpenedFile {
        try open(path, flags: O_RDONLY | O_DIRECTORY)
    }

    /// Whatever is at `path`, without the right to read it.
    func locate(_ path: String) throws(FileProblem) -> OpenedFile {
        try open(path, flags: buckler_open_path_flag)
    }

    func isDirectory(_ path: String) throws(FileProblem) -> Bool {
        try locate(path).status().is_directory != 0
    }

    private static let beneath = buckler_resolve_beneath | buckler_resolve_no_magic_links
    private static let beneathWithoutLinks = beneath | buckler_resolve_no_symlinks

    /// Links that stay beneath the root are followed; the first try without them tells whether there was one.
    func open(_ path: String, flags: Int32) throws(FileProblem) -> OpenedFile {
        let path = path.isEmpty ? "." : path
        let (result, hasLink) = try follow(path, flags: flags)
        if result == -ENOENT, hasLink, try hasDanglingLink(path) { throw .danglingLink }
        if result < 0 { throw FileProblem(errno: -result) }
        return OpenedFile(descriptor: result, followedLink: hasLink)
    }

    /// Whether a link of `path`, which leads nowhere, is what leads there.
    private func hasDanglingLink(_ path: String) throws(FileProblem) -> Bool {
        let names = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        for count in 1...max(1, names.count) {
            let part = names.prefix(count).joined(separator: "/")
            let (followed, _) = try follow(part, flags: buckler_open_path_flag)
            guard followed < 0 else {
                close(followed)
                continue
            }
            // What its own directory has under its name is a link, or nothing.
            let (parent, _) = try follow(names.prefix(count - 1).joined(separator: "/"), flags: Self.directoryFlags)
            guard parent >= 0 else { return false }
            defer { close(parent) }
            return try linkText(names[count - 1], in: parent) != nil
        }
        return false
    }

    /// - Returns: a descriptor or a negated error number, and whether there was a link.
    private func follow(_ path: String, flags: Int32) throws(FileProblem) -> (result: Int32, hasLink: Bool) {
        let path = path.isEmpty ? "." : path
        var result = openBeneath(directory.descriptor, path, flags, resolve: Self.beneathWithoutLinks)
        let hasLink = result == -ELOOP
        if hasLink { result = openBeneath(directory.descriptor, path, flags, resolve: Self.beneath) }
        // An absolute link leads outside for the kernel, wherever it points.
        if hasLink, result == -EXDEV { result = try walk(path, flags: flags) }
        return (result, hasLink)
    }

    /// Follows `path` name by name. Each is opened in a directory that was reached the same way, never through a link.
    /// - Returns: a descriptor or a negated error number.
    private func walk(_ path: String, flags: Int32) throws(FileProblem) -> Int32 {
        var walk = LinkWalk(path, rootPaths: paths)
        var entered: [Int32] = []
        defer { for descriptor in entered { close(descriptor) } }
        while true {
            let here = entered.last ?? directory.descriptor
            let step = try walk.next()
            switch step {
            case .leave:
                close(entered.removeLast())
            case .openHere:
                return openBeneath(here, ".", flags, resolve: Self.beneathWithoutLinks)
            case .enter(let name), .open(let name):
                let isLast = step == .open(name)
                let wanted = isLast ? flags : Self.directoryFlags
                let result = openBeneath(here, name, wanted, resolve: Self.beneathWithoutLinks)
                if result == -ELOOP {
                    guard let text = try linkText(name, in: here) else {
                        try walk.changed(name)
                        continue
                    }
                    guard try walk.met(linkTo: text, rootPrefix: rootPrefix) else { continue }
                    for descriptor in entered { close(descriptor) }
                    entered = []
                } else if isLast || result < 0 {
                    return result
                } else {
                    entered.append(result)
                    walk.entered()
                }
            }
        }
    }

    /// The most of `components` that lead from `/` to this very directory.
    ///
    /// The kernel follows them wherever they lead, but nothing is read there: only which directory it is counts, and
    /// what comes after it is opened beneath the descriptor like any other path.
    private func rootPrefix(of components: [String]) -> Int? {
        guard let root = try? directory.status() else { return nil }
        return (0...min(components.count, LinkWalk.depthLimit)).reversed().first { count in
            let path = "/" + components[..<count].joined(separator: "/")
            let result = openBeneath(AT_FDCWD, path, Self.directoryFlags, resolve: buckler_resolve_no_magic_links)
            guard result >= 0 else { return false }
            let found = OpenedFile(descriptor: result, followedLink: false)
            return (try? found.status()).map { $0.device == root.device && $0.inode == root.inode } ?? false
        }
    }

    /// What the link says; `nil` if it is none (any more).
    func linkText(_ name: String, in directory: Int32) throws(FileProblem) -> String? {
        let flags = buckler_open_path_flag | O_NOFOLLOW
        let result = openBeneath(directory, name, flags, resolve: Self.beneathWithoutLinks)
        if result < 0 { throw FileProblem(errno: -result) }
        let link = OpenedFile(descriptor: result, followedLink: false)
        return try link.linkText()
    }

    /// Names in a directory but for `.` and `..`, sorted. Names that are not UTF-8 are left out: no configuration or
    /// request could name them.
    func list(
        _ path: String,
        limit: Int
    ) throws(FileProblem) -> (names: [String], followedLink: Bool, hasUnnameable: Bool) {
        let opened = try openDirectory(path)
        let followedLink = opened.followedLink
        let descriptor = opened.release()
        guard let stream = fdopendir(descriptor) else {
            let problem = FileProblem.system(errno: errno)
            close(descriptor)
            throw problem
        }
        defer { closedir(stream) }
        var names: [String] = []
        var hasUnnameable = false
        while let entry = readdir(stream) {
            guard let name = entry.name else {
                hasUnnameable = true
                continue
            }
            if name == "." || name == ".." { continue }
            guard names.count < limit else { throw .tooManyEntries(limit: limit) }
            names.append(name)
        }
        return (names.sorted(), followedLink, hasUnnameable)
    }
}

private func openBeneath(_ directory: Int32, _ path: String, _ flags: Int32, resolve: UInt64) -> Int32 {
    buckler_openat2(directory, path, UInt64(flags | O_CLOEXEC), 0, resolve)
}

extension UnsafeMutablePointer<dirent> {
    fileprivate var name: String? {
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return nil }
        // SAFETY: the kernel ends `d_name` with a NUL within the entry, which lives until the next `readdir`.
        return String(validatingCString: (UnsafeRawPointer(self) + offset).assumingMemoryBound(to: CChar.self))
    }
}

extension FileProblem {
    init(errno: Int32) {
        self =
            switch errno {
            case ENOENT: .missing
            case EXDEV: .leadsOutside
            case ELOOP: .unfollowableLink
            case ENOTDIR: .notDirectory
            case ENXIO, ENODEV: .notRegular
            case ENAMETOOLONG: .badPath
            case ENOSYS: .kernelTooOld
            default: .system(errno: errno)
            }
    }
}
