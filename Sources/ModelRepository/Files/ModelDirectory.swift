// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// A model's directory on disk.
///
/// Paths are resolved by the kernel beneath the repository's root, so nothing in a model directory makes the server
/// read elsewhere. A link that stays beneath the root is followed, and ``warnings`` tells of it.
package final class ModelDirectory: ModelFiles {
    package let root: RepositoryRoot
    /// Of the directory, beneath the root.
    package var name: String { modelName }
    private let modelName: String
    private let entryLimit: Int
    private let followedLinks = Mutex<Set<String>>([])

    init(root: RepositoryRoot, modelName: String, entryLimit: Int) {
        self.root = root
        self.modelName = modelName
        self.entryLimit = entryLimit
    }

    /// One line for each path on which a link was followed so far, sorted.
    package var warnings: [String] {
        followedLinks.withLock { $0 }.sorted().map {
            ($0.isEmpty ? "the directory of model '\(modelName)'" : "file '\($0)' of model '\(modelName)'")
                + " is reached through a link, which stays within the model repository"
        }
    }

    package func read(_ path: String, limit: Int) throws(ServingError) -> TensorBytes {
        try reporting(path) { (resolved) throws(FileProblem) in
            let file = try root.openFile(resolved)
            note(path, followedLink: file.followedLink)
            return try file.content(limit: limit)
        }
    }

    package func scan(_ path: String, _ take: (UnsafeRawBufferPointer) -> Void) throws(ServingError) {
        try reporting(path) { (resolved) throws(FileProblem) in
            let file = try root.openFile(resolved)
            note(path, followedLink: file.followedLink)
            try file.scan(take)
        }
    }

    package func list(_ path: String) throws(ServingError) -> [String] {
        try reporting(path) { (resolved) throws(FileProblem) in
            do throws(FileProblem) {
                let listing = try root.list(resolved, limit: entryLimit)
                note(path, followedLink: listing.followedLink)
                return listing.names
            } catch .missing {
                return []
            }
        }
    }

    /// True also for what is there but may not be followed, so that reading it tells why.
    package func exists(_ path: String) -> Bool {
        do throws(FileProblem) {
            _ = try root.locate(beneathModel(path))
            return true
        } catch .missing, .notDirectory, .badPath {
            return false
        } catch {
            return true
        }
    }

    package func isDirectory(_ path: String) -> Bool {
        do throws(FileProblem) {
            return try root.isDirectory(beneathModel(path))
        } catch {
            return false
        }
    }

    package func leadsToDirectory(_ path: String) throws(ServingError) -> Bool {
        try reporting(path) { (resolved) throws(FileProblem) in
            do throws(FileProblem) {
                return try root.isDirectory(resolved)
            } catch .missing {
                return false
            }
        }
    }

    package var directoryPath: String? {
        do throws(FileProblem) {
            return try root.openDirectory(modelName).path
        } catch {
            return nil
        }
    }

    private func reporting<Result>(
        _ path: String,
        _ body: (String) throws(FileProblem) -> Result
    ) throws(ServingError) -> Result {
        do throws(FileProblem) {
            return try body(beneathModel(path))
        } catch {
            throw error.servingError(path: path, model: modelName)
        }
    }

    private func beneathModel(_ path: String) throws(FileProblem) -> String {
        do throws(RelativePath.Problem) {
            let relative = try RelativePath(path)
            return relative.isRoot ? modelName : modelName + "/" + relative.text
        } catch .escapes {
            throw .leadsOutside
        } catch {
            throw .badPath
        }
    }

    private func note(_ path: String, followedLink: Bool) {
        if followedLink { _ = followedLinks.withLock { $0.insert(path) } }
    }
}
