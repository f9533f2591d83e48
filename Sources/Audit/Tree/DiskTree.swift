// SPDX-License-Identifier: Apache-2.0
package import ModelRepository

/// Files and directories of a disk, read beneath their roots and nowhere else.
package struct DiskTree: AuditTree {
    /// A directory, or a part of one, and how its entries are called.
    private struct Root {
        var root: RepositoryRoot
        /// Beneath the root; empty for all of it.
        var part: String
        /// Stands before each path.
        var prefix: String
    }

    private var roots: [Root] = []
    private let limits: AuditLimits
    private let excluded: @Sendable (_ path: String, _ name: String) -> Bool

    /// Directories that hold what others wrote or tools made: never audited unless they are named.
    package static let usuallyExcluded: Set<String> = [
        ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", ".pytest_cache",
    ]

    /// - Parameter excluded: of a path and its last name, whether it is left out with all that is beneath it.
    package init(
        limits: AuditLimits = .defaults,
        excluded: @escaping @Sendable (_ path: String, _ name: String) -> Bool = { Self.usuallyExcluded.contains($1) }
    ) {
        self.limits = limits
        self.excluded = excluded
    }

    /// Adds what lies at a path that the operator gave: a directory with all beneath it, or one file.
    package mutating func add(path: String) throws(Unreadable) {
        let trimmed = Self.withoutTrailingSlashes(path)
        do throws(FileProblem) {
            let prefix = trimmed == "." ? "" : trimmed
            roots.append(Root(root: try RepositoryRoot(path: trimmed), part: "", prefix: prefix))
        } catch .notDirectory {
            let (directory, name) = Self.split(trimmed)
            do throws(FileProblem) {
                let root = try RepositoryRoot(path: directory.isEmpty ? "." : directory)
                guard try root.lookThroughLinks(at: name).kind == .file else { throw FileProblem.notRegular }
                let prefix = directory == "." ? "" : directory
                roots.append(Root(root: root, part: name, prefix: prefix))
            } catch {
                throw Unreadable(Place(path), error.inWords)
            }
        } catch {
            throw Unreadable(Place(path), error.inWords)
        }
    }

    /// Adds the directory of one model of a repository: links may lead anywhere beneath the repository's root.
    package mutating func add(model name: String, of root: RepositoryRoot) {
        roots.append(Root(root: root, part: name, prefix: ""))
    }

    package func entries() -> (entries: [AuditEntry], unreadable: [Unreadable]) {
        var all: [AuditEntry] = []
        var unreadable: [Unreadable] = []
        for root in roots {
            var walk = TreeWalk(root.root, limit: limits.entries - all.count, excluded: excluded)
            walk.walk(from: root.part) { prefixed($0, root) }
            all += walk.entries
            unreadable += walk.unreadable
        }
        return (all, unreadable)
    }

    package func open(_ path: String) throws(Unreadable) -> any ByteSource {
        for root in roots {
            guard let beneath = Self.remove(root.prefix, from: path) else { continue }
            guard root.part.isEmpty || beneath == root.part || beneath.hasPrefix(root.part + "/") else { continue }
            do throws(FileProblem) {
                return DiskBytes(file: try root.root.openForReading(beneath), path: path)
            } catch .missing {
                continue
            } catch {
                throw Unreadable(Place(path), "the file \(error.inWords)")
            }
        }
        throw Unreadable(Place(path), "the file does not exist")
    }

    private func prefixed(_ path: String, _ root: Root) -> String {
        if root.prefix.isEmpty { return path }
        if path.isEmpty { return root.prefix }
        return root.prefix.hasSuffix("/") ? root.prefix + path : root.prefix + "/" + path
    }

    private static func remove(_ prefix: String, from path: String) -> String? {
        if prefix.isEmpty { return path }
        let start = prefix.hasSuffix("/") ? prefix : prefix + "/"
        return path.hasPrefix(start) ? String(path.dropFirst(start.count)) : nil
    }

    private static func withoutTrailingSlashes(_ path: String) -> String {
        var path = path.hasPrefix("./") && path.count > 2 ? String(path.dropFirst(2)) : path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    private static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        let directory = slash == path.startIndex ? "/" : String(path[..<slash])
        return (directory, String(path[path.index(after: slash)...]))
    }
}

/// Collects what is beneath a directory, parents first. A directory is read once, however many links lead to it.
private struct TreeWalk {
    private struct Identity: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    let root: RepositoryRoot
    let limit: Int
    let excluded: @Sendable (String, String) -> Bool
    var entries: [AuditEntry] = []
    var unreadable: [Unreadable] = []
    private var visited: Set<Identity> = []
    /// Directories that a link leads to: read last, if nothing else has led there.
    private var linked: [String] = []

    init(_ root: RepositoryRoot, limit: Int, excluded: @escaping @Sendable (String, String) -> Bool) {
        self.root = root
        self.limit = limit
        self.excluded = excluded
    }

    mutating func walk(from start: String, named: (String) -> String) {
        attempt(start, named) { (walk) throws(FileProblem) in try walk.visit(start, named) }
        while let next = linked.popLast() {
            attempt(next, named) { (walk) throws(FileProblem) in try walk.list(next, named) }
        }
    }

    private mutating func attempt(
        _ path: String,
        _ named: (String) -> String,
        _ body: (inout TreeWalk) throws(FileProblem) -> Void
    ) {
        do throws(FileProblem) {
            try body(&self)
        } catch {
            unreadable.append(Unreadable(Place(named(path)), error.inWords))
        }
    }

    private mutating func visit(_ path: String, _ named: (String) -> String) throws(FileProblem) {
        let look = try root.look(at: path)
        if !path.isEmpty { append(path, look, named) }
        if look.kind == .directory { try list(path, named) }
    }

    private mutating func append(_ path: String, _ look: FileLook, _ named: (String) -> String) {
        entries.append(
            AuditEntry(
                path: named(path),
                kind: kind(of: path, look),
                size: look.size,
                mode: look.mode,
                linkCount: look.kind == .directory ? 1 : look.hardLinks
            )
        )
    }

    private mutating func kind(of path: String, _ look: FileLook) -> AuditEntry.Kind {
        switch look.kind {
        case .file: return .file
        case .directory: return .directory
        case .special: return .special("a device, FIFO or socket")
        case .link:
            let text = (try? root.linkText(at: path)).flatMap { $0 } ?? ""
            do throws(FileProblem) {
                switch try root.lookThroughLinks(at: path).kind {
                case .file: return .link(to: text, .file)
                case .directory:
                    linked.append(path)
                    return .link(to: text, .directory)
                default: return .link(to: text, .nothing)
                }
            } catch .leadsOutside {
                return .link(to: text, .outsideRoot)
            } catch {
                return .link(to: text, .nothing)
            }
        }
    }

    private mutating func list(_ path: String, _ named: (String) -> String) throws(FileProblem) {
        let look = try root.lookThroughLinks(at: path)
        guard visited.insert(Identity(device: look.device, inode: look.inode)).inserted else { return }
        let (names, hasUnnameable) = try root.names(in: path, limit: limit)
        if hasUnnameable {
            unreadable.append(Unreadable(Place(named(path)), "it has an entry whose name is not UTF-8"))
        }
        for name in names {
            let child = path.isEmpty ? name : path + "/" + name
            if excluded(named(child), name) { continue }
            guard entries.count < limit else { throw .tooManyEntries(limit: limit) }
            attempt(child, named) { (walk) throws(FileProblem) in try walk.visit(child, named) }
        }
    }
}

private struct DiskBytes: ByteSource {
    let file: RepositoryFile
    let path: String

    var count: Int { file.look.size }

    func read(at offset: Int, count: Int) throws(Unreadable) -> [UInt8] {
        do throws(FileProblem) {
            return try file.read(at: offset, count: count)
        } catch {
            throw Unreadable(Place(path), "the file \(error.inWords)")
        }
    }
}
