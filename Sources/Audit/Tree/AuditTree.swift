// SPDX-License-Identifier: Apache-2.0

/// What is audited: files beneath a root, on a disk or in memory.
package protocol AuditTree: Sendable {
    /// Every entry beneath the root, parents before children, sorted by name, and what could not be looked into.
    /// Beyond ``AuditLimits/entries`` the rest is unreadable.
    func entries() -> (entries: [AuditEntry], unreadable: [Unreadable])
    /// - Throws: if it is no regular file, or changes while it is opened.
    func open(_ path: String) throws(Unreadable) -> any ByteSource
}

/// One entry, as it lies there: a link is a link.
package struct AuditEntry: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case file
        case directory
        /// What it says, and what that leads to.
        case link(to: String, LinkTarget)
        /// A device, FIFO or socket.
        case special(String)
    }

    package enum LinkTarget: Sendable, Equatable {
        /// Beneath the root.
        case file, directory
        /// Beneath the root, but neither; or nothing is there, or the links go round in a circle.
        case nothing
        case outsideRoot
    }

    /// Relative to the root, with `/` between names.
    package var path: String
    package var kind: Kind
    /// Bytes.
    package var size: Int = 0
    /// Permission bits, with those for set-user-id and the like; 0 where there are none.
    package var mode: UInt32 = 0
    /// Hard links to it.
    package var linkCount: Int = 1

    package init(path: String, kind: Kind, size: Int = 0, mode: UInt32 = 0o644, linkCount: Int = 1) {
        self.path = path
        self.kind = kind
        self.size = size
        self.mode = mode
        self.linkCount = linkCount
    }

    /// Whether its content can be read: a file, or a link to one.
    package var isReadable: Bool {
        switch kind {
        case .file, .link(_, .file): true
        default: false
        }
    }

    package var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}

extension AuditEntry.Kind {
    /// Whether it is a link to something beneath the root.
    package var leadsWithinRoot: Bool {
        switch self {
        case .link(_, .file), .link(_, .directory): true
        default: false
        }
    }
}

/// Random access to bytes that need not fit into memory.
package protocol ByteSource: Sendable {
    /// Bytes; does not change.
    var count: Int { get }
    /// Up to `count` bytes from `offset` on; fewer only at the end.
    /// - Throws: if the file cannot be read, or is shorter than it was.
    func read(at offset: Int, count: Int) throws(Unreadable) -> [UInt8]
    /// Which file it is, whatever name led to it; `nil` where that cannot be told.
    var identity: FileIdentity? { get }
}

extension ByteSource {
    package var identity: FileIdentity? { nil }
}

/// A file of a disk: the same for each of its names.
package struct FileIdentity: Sendable, Hashable {
    package var device: UInt64
    package var inode: UInt64

    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}

/// What an audit may cost before it is believed. Beyond any of them it ends with a clear error, never with less said.
package struct AuditLimits: Sendable {
    /// Files, directories and links of one tree.
    package var entries = 200_000
    /// Directories within each other: each look at what is in them resolves the whole path.
    package var directoryDepth = 64
    /// Bytes of one text file: configuration, source, manifest.
    package var textBytes = 4 << 20
    /// Nodes of one YAML, TOML or JSON file, with anchors expanded.
    package var nodes = 100_000
    /// Bytes of its keys and values, with anchors expanded.
    package var valueBytes = 8 << 20
    /// Levels of one.
    package var depth = 64
    /// Bytes of one line of a text.
    package var lineBytes = 1 << 20
    /// Documents of one YAML file.
    package var documents = 1000
    /// Bytes of one Python source. A parser takes up to 700 times as many in memory.
    package var pythonSourceBytes = 1 << 20
    /// Bytes of all Python sources of one tree.
    package var pythonBytes = 64 << 20

    package static let defaults = AuditLimits()

    /// Of a load, for which somebody waits, and which a stranger's model may be.
    package static var loads: AuditLimits {
        var limits = AuditLimits()
        limits.pythonBytes = 8 << 20
        return limits
    }

    package init() {}
}
