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
        /// Whether it is a model repository's, and not what an operator has named.
        var isRepository = false
    }

    private var roots: [Root] = []
    private let limits: AuditLimits
    private let excluded: Exclusion

    /// Of a path, its last name and whether a model's directory is above it: whether it is left out with all beneath it.
    package typealias Exclusion = @Sendable (_ path: String, _ name: String, _ isInModel: Bool) -> Bool

    /// Directories that hold what others wrote or tools made: never audited unless they are named, or are in a model's
    /// directory, all of which a server may read.
    package static let usuallyExcluded: Set<String> = [
        ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", ".pytest_cache",
    ]

    package init(
        limits: AuditLimits = .defaults,
        excluded: @escaping Exclusion = { _, name, isInModel in !isInModel && Self.usuallyExcluded.contains(name) }
    ) {
        self.limits = limits
        self.excluded = excluded
    }

    /// Adds what lies at a path that the operator gave: a directory with all beneath it, or one file.
    package mutating func add(path: String) throws(Unreadable) {
        let trimmed = Self.tidied(path)
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
                throw Unreadable(Place(path), error.ofAudit)
            }
        } catch {
            throw Unreadable(Place(path), error.ofAudit)
        }
    }

    /// Adds the directory of one model of a repository: links may lead anywhere beneath the repository's root.
    package mutating func add(model name: String, of root: RepositoryRoot) {
        roots.append(Root(root: root, part: name, prefix: "", isRepository: true))
    }

    package func entries() -> (entries: [AuditEntry], unreadable: [Unreadable]) {
        var all: [AuditEntry] = []
        var unreadable: [Unreadable] = []
        for root in roots {
            var walk = TreeWalk(
                root.root,
                limit: limits.entries - all.count,
                depthLimit: limits.directoryDepth,
                excluded: excluded
            )
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
                throw Unreadable(Place(path), "the file \(root.isRepository ? error.inWords : error.ofAudit)")
            }
        }
        throw Unreadable(Place(path), "the file does not exist")
    }

    private func prefixed(_ path: String, _ root: Root) -> String {
        if root.prefix.isEmpty { return path.isEmpty ? "." : path }
        if path.isEmpty { return root.prefix }
        return root.prefix.hasSuffix("/") ? root.prefix + path : root.prefix + "/" + path
    }

    private static func remove(_ prefix: String, from path: String) -> String? {
        if prefix.isEmpty { return path }
        let start = prefix.hasSuffix("/") ? prefix : prefix + "/"
        return path.hasPrefix(start) ? String(path.dropFirst(start.count)) : nil
    }

    /// One spelling of a path for all that differ in slashes and dots alone; `..` stays, since a link may be before it.
    private static func tidied(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        if path.hasPrefix("/") { return "/" + parts }
        return parts.isEmpty ? "." : parts
    }

    private static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        let directory = slash == path.startIndex ? "/" : String(path[..<slash])
        return (directory, String(path[path.index(after: slash)...]))
    }
}

/// Collects what is beneath a directory, parents first. A directory is read once, however many links lead to it.
private struct TreeWalk {
    let root: RepositoryRoot
    let limit: Int
    let depthLimit: Int
    let excluded: DiskTree.Exclusion
    var entries: [AuditEntry] = []
    var unreadable: [Unreadable] = []
    private var visited: Set<FileIdentity> = []
    /// Directories that a link leads to: read last, if nothing else has led there.
    private var linked: [(path: String, isInModel: Bool)] = []

    init(_ root: RepositoryRoot, limit: Int, depthLimit: Int, excluded: @escaping DiskTree.Exclusion) {
        self.root = root
        self.limit = limit
        self.depthLimit = depthLimit
        self.excluded = excluded
    }

    mutating func walk(from start: String, named: (String) -> String) {
        attempt(start, named) { (walk) throws(FileProblem) in try walk.visit(start, false, named) }
        while let next = linked.popLast() {
            attempt(next.path, named) { (walk) throws(FileProblem) in try walk.list(next.path, next.isInModel, named) }
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

    private mutating func visit(
        _ path: String,
        _ isInModel: Bool,
        _ named: (String) -> String
    ) throws(FileProblem) {
        let look = try root.look(at: path)
        if !path.isEmpty {
            let kind = kind(of: path, look)
            if case .link(_, .directory) = kind { linked.append((path, isInModel)) }
            entries.append(
                AuditEntry(
                    path: named(path),
                    kind: kind,
                    size: look.size,
                    mode: look.mode,
                    linkCount: look.kind == .directory ? 1 : look.hardLinks
                )
            )
        }
        if look.kind == .directory { try list(path, isInModel, named) }
    }

    private func kind(of path: String, _ look: FileLook) -> AuditEntry.Kind {
        switch look.kind {
        case .file: return .file
        case .directory: return .directory
        case .special: return .special("a device, FIFO or socket")
        case .link:
            let text = (try? root.linkText(at: path)).flatMap { $0 } ?? ""
            do throws(FileProblem) {
                switch try root.lookThroughLinks(at: path).kind {
                case .file: return .link(to: text, .file)
                case .directory: return .link(to: text, .directory)
                default: return .link(to: text, .nothing)
                }
            } catch .leadsOutside {
                return .link(to: text, .outsideRoot)
            } catch {
                return .link(to: text, .nothing)
            }
        }
    }

    private mutating func list(
        _ path: String,
        _ parentIsInModel: Bool,
        _ named: (String) -> String
    ) throws(FileProblem) {
        let look = try root.lookThroughLinks(at: path)
        guard visited.insert(FileIdentity(device: look.device, inode: look.inode)).inserted else { return }
        guard path.utf8.count(where: { $0 == UInt8(ascii: "/") }) < depthLimit else {
            let message = "it is more than \(depthLimit) directories deep, and what is in it was not looked at"
            unreadable.append(Unreadable(Place(named(path)), message))
            return
        }
        let (names, hasUnnameable) = try root.names(in: path, limit: limit)
        if hasUnnameable {
            unreadable.append(Unreadable(Place(named(path)), "it has an entry whose name is not UTF-8"))
        }
        let isInModel = parentIsInModel || names.contains(ModelDirectories.configFile)
        for name in names {
            let child = path.isEmpty ? name : path + "/" + name
            if excluded(named(child), name, isInModel) { continue }
            guard entries.count < limit else { throw .tooManyEntries(limit: limit) }
            attempt(child, named) { (walk) throws(FileProblem) in try walk.visit(child, isInModel, named) }
        }
    }
}

extension FileProblem {
    /// What to say after the name of a file that is no model repository's.
    fileprivate var ofAudit: String {
        self == .leadsOutside ? "is a link that leads out of the directory that is audited" : inWords
    }
}

private struct DiskBytes: ByteSource {
    let file: RepositoryFile
    let path: String

    var count: Int { file.look.size }
    var identity: FileIdentity? { FileIdentity(device: file.look.device, inode: file.look.inode) }

    func read(at offset: Int, count: Int) throws(Unreadable) -> [UInt8] {
        do throws(FileProblem) {
            return try file.read(at: offset, count: count)
        } catch {
            throw Unreadable(Place(path), "the file \(error.inWords)")
        }
    }
}
