// SPDX-License-Identifier: Apache-2.0

/// The Python sources of a tree, which are read many at once; they are bounded one by one and together.
struct PythonSources {
    private let reader: (any PythonSourceReader)?
    private let limits: AuditLimits
    private var sources: [(path: String, text: String)] = []
    private var bytes = 0
    private var readings = 0
    /// What a source has an image run may be Python, and have an image made.
    private static let readingLimit = 4

    init(reader: (any PythonSourceReader)?, limits: AuditLimits) {
        self.reader = reader
        self.limits = limits
    }

    mutating func keep(_ text: String, at path: String) throws(Unreadable) {
        guard text.utf8.count <= limits.pythonSourceBytes else {
            throw Unreadable(Place(path), "a Python source in it has more than \(limits.pythonSourceBytes) bytes")
        }
        guard bytes + text.utf8.count <= limits.pythonBytes else {
            let problem = "the Python sources up to this one have more than \(limits.pythonBytes) bytes together"
            throw Unreadable(Place(path), problem)
        }
        bytes += text.utf8.count
        sources.append((path, text))
    }

    /// Reads what has been kept since the last time.
    /// - Returns: `nil` if that is nothing.
    mutating func takeModules() throws(Unreadable) -> [Result<PythonModule, Unreadable>]? {
        guard let first = sources.first else { return nil }
        guard let reader else {
            throw Unreadable(Place(first.path), "there is no Python to read Python sources with")
        }
        readings += 1
        guard readings <= Self.readingLimit else {
            throw Unreadable(Place(first.path), "it has Python in images in Python, deeper than is read")
        }
        defer { sources = [] }
        return try reader.read(sources)
    }
}
