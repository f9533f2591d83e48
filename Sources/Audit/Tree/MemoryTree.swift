// SPDX-License-Identifier: Apache-2.0

/// Files in memory: examples of rules, and what a load request brings along.
package struct MemoryTree: AuditTree {
    private let files: [String: [UInt8]]

    package init(_ files: [String: [UInt8]]) { self.files = files }

    package func entries() -> (entries: [AuditEntry], unreadable: [Unreadable]) {
        var directories: Set<String> = []
        for path in files.keys {
            let names = path.split(separator: "/")
            for count in 1..<max(1, names.count) { directories.insert(names.prefix(count).joined(separator: "/")) }
        }
        let all =
            directories.map { AuditEntry(path: $0, kind: .directory, mode: 0o755) }
            + files.map { AuditEntry(path: $0.key, kind: .file, size: $0.value.count) }
        return (all.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }, [])
    }

    package func open(_ path: String) throws(Unreadable) -> any ByteSource {
        guard let content = files[path] else { throw Unreadable(Place(path), "there is no such file") }
        return MemoryBytes(content)
    }
}

package struct MemoryBytes: ByteSource {
    private let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var count: Int { bytes.count }

    package func read(at offset: Int, count: Int) -> [UInt8] {
        guard offset >= 0, count > 0, offset < bytes.count else { return [] }
        return Array(bytes[offset..<min(bytes.count, offset + min(count, bytes.count - offset))])
    }
}
