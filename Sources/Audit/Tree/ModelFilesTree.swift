// SPDX-License-Identifier: Apache-2.0
package import Inference

/// The files that a load request brought along.
package struct ModelFilesTree: AuditTree {
    private let files: any ModelFiles
    private let limits: AuditLimits

    package init(_ files: any ModelFiles, limits: AuditLimits = .defaults) {
        self.files = files
        self.limits = limits
    }

    package func entries() -> (entries: [AuditEntry], unreadable: [Unreadable]) {
        var found: [AuditEntry] = []
        var unreadable: [Unreadable] = []
        var waiting = [""]
        while let directory = waiting.popLast() {
            do throws(ServingError) {
                for name in try files.list(directory) {
                    guard found.count < limits.entries else {
                        unreadable.append(Unreadable(Place(directory), "there are more than \(limits.entries) files"))
                        return (found, unreadable)
                    }
                    let path = directory.isEmpty ? name : directory + "/" + name
                    let isDirectory = files.isDirectory(path)
                    if isDirectory, path.utf8.count(where: { $0 == UInt8(ascii: "/") }) >= limits.directoryDepth {
                        let message = "it is more than \(limits.directoryDepth) directories deep"
                        unreadable.append(Unreadable(Place(path), message))
                    } else if isDirectory {
                        waiting.append(path)
                    }
                    found.append(AuditEntry(path: path, kind: isDirectory ? .directory : .file, size: size(of: path)))
                }
            } catch {
                unreadable.append(Unreadable(Place(directory), error.message))
            }
        }
        return (found.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }, unreadable)
    }

    private func size(of path: String) -> Int {
        guard !files.isDirectory(path), let content = try? files.read(path, limit: .max) else { return 0 }
        return content.count
    }

    package func open(_ path: String) throws(Unreadable) -> any ByteSource {
        do throws(ServingError) {
            return MemoryTensor(bytes: try files.read(path, limit: .max))
        } catch {
            throw Unreadable(Place(path), error.message)
        }
    }
}

private struct MemoryTensor: ByteSource {
    let bytes: TensorBytes

    var count: Int { bytes.count }

    func read(at offset: Int, count: Int) -> [UInt8] {
        guard offset >= 0, count > 0, offset < bytes.count else { return [] }
        return bytes.slice(offset..<(offset + min(count, bytes.count - offset))).withUnsafeBytes { [UInt8]($0) }
    }
}
