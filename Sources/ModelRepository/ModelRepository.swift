// SPDX-License-Identifier: Apache-2.0
package import Inference

/// What the repositories hold at one moment, loaded or not.
package struct RepositorySnapshot: Sendable, Equatable {
    /// Index of the repository that has the model, by model name.
    package var models: [String: Int] = [:]
    /// Models that can not be loaded and why: those that two repositories have, and names that no model may have.
    package var unavailable: [String: String] = [:]
    package var warnings: [String] = []

    package static let duplicateReason = "model appears in two or more repositories"

    package init() {}
}

/// The directories given as `--model-repository`.
package struct ModelRepository: Sendable {
    let roots: [RepositoryRoot]
    package let limits: RepositoryLimits

    /// - Parameter paths: in the order of the command line.
    /// - Throws: `.invalidArgument` for a path that is no directory or can not be opened; the path is in `cause`.
    package init(roots paths: [String], limits: RepositoryLimits = .defaults) throws(ServingError) {
        var roots: [RepositoryRoot] = []
        for path in paths {
            do throws(FileProblem) {
                roots.append(try RepositoryRoot(path: path))
            } catch {
                throw ServingError(
                    error == .kernelTooOld ? .unsupported : .invalidArgument,
                    "model repository \(roots.count + 1) \(error.inWords)",
                    cause: path
                )
            }
        }
        self.roots = roots
        self.limits = limits
    }

    /// Every directory directly beneath a root is a model, but for hidden ones, such as `.git` or the `..data` of a
    /// mounted Kubernetes volume.
    package func scan() throws(ServingError) -> RepositorySnapshot {
        var snapshot = RepositorySnapshot()
        for (index, root) in roots.enumerated() {
            for name in try entries(of: root, at: index) {
                add(name, of: root, at: index, to: &snapshot)
            }
        }
        return snapshot
    }

    private func entries(of root: RepositoryRoot, at index: Int) throws(ServingError) -> [String] {
        do throws(FileProblem) {
            return try root.list("", limit: limits.directoryEntries).names
        } catch {
            throw ServingError(.internalError, "model repository \(index + 1) \(error.inWords)")
        }
    }

    private func add(_ name: String, of root: RepositoryRoot, at index: Int, to snapshot: inout RepositorySnapshot) {
        if name.hasPrefix(".") {
            snapshot.warnings.append("ignore hidden entry '\(name)' of model repository \(index + 1)")
            return
        }
        do throws(FileProblem) {
            guard try root.isDirectory(name) else { return }
        } catch .missing {
            return
        } catch {
            snapshot.unavailable[name] = "model directory \(error.inWords)"
            return
        }
        do throws(ServingError) {
            try ModelName.validate(name)
        } catch {
            snapshot.unavailable[name] = error.message
            return
        }
        if snapshot.models.removeValue(forKey: name) != nil {
            snapshot.unavailable[name] = RepositorySnapshot.duplicateReason
        } else if snapshot.unavailable[name] == nil {
            snapshot.models[name] = index
        }
    }

    /// Whether a directory of that name is there, well-formed or not.
    package func has(_ name: String) -> Bool {
        do throws(ServingError) {
            _ = try directory(ofModel: name)
            return true
        } catch {
            return false
        }
    }

    /// The directory of one model, looked up without listing the repositories.
    ///
    /// - Throws: `.notFound` if no repository has it, `.invalidArgument` if several do.
    package func directory(ofModel name: String) throws(ServingError) -> ModelDirectory {
        try ModelName.validate(name)
        var found: RepositoryRoot?
        for root in roots {
            do throws(FileProblem) {
                guard try root.isDirectory(name) else { continue }
            } catch .missing {
                continue
            } catch {
                throw error.servingError(path: "", model: name)
            }
            guard found == nil else {
                throw ServingError(
                    .invalidArgument,
                    "failed to load '\(name)', \(RepositorySnapshot.duplicateReason)"
                )
            }
            found = root
        }
        guard let found else {
            throw ServingError(.notFound, "model not found in any model repository")
        }
        return ModelDirectory(root: found, modelName: name, entryLimit: limits.directoryEntries)
    }
}
